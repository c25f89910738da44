import { AgentCallError, attachToSession, cancelRun } from '../../agent-image/src/client';
import type { AgentEvent, NumberedEvent } from '../../agent-image/src/protocol';
import { waitUntil } from '../agent-image/support/agent-fixture';
import type { ServerLife } from './server-life';
import type { TurnEnd, Upset } from './upsets';

/** What a client was told of one turn. */
export interface SoakedTurn {
  readonly end: TurnEnd;
  /** What it showed at the end. */
  readonly text: string;
  /** Whether it was told that the turn before was interrupted. */
  readonly toldInterrupted: boolean;
  /** Whether the server was ended. */
  readonly endedServer: boolean;
}

/** Asks without a stream. */
export async function askAsJson(server: ServerLife, prompt: string): Promise<SoakedTurn> {
  const { status, error, response, metadata } = await server.agent.ask(prompt);
  const toldInterrupted = metadata.interrupted_run !== undefined;
  return { end: error?.code ?? status, text: response, toldInterrupted, endedServer: false };
}

/**
 * Asks with a stream, and does to the turn what `upset` says.
 *
 * @param isAsked whether the model was called for the prompt
 */
export async function askAsStream(
  server: ServerLife,
  prompt: string,
  { disturbance, onceAsked }: Upset,
  isAsked: () => boolean,
): Promise<SoakedTurn> {
  const seen: NumberedEvent[] = [];
  const isDue = (): boolean => disturbance.kind !== 'none' && seen.length >= disturbance.after;
  let stopped: Promise<void> | undefined;
  let disturbed = false;
  const disturb = async (): Promise<void> => {
    disturbed = true;
    if (onceAsked) {
      await waitUntil(isAsked);
    }
    switch (disturbance.kind) {
      case 'cancel':
        await cancelRun(server.target);
        break;
      case 'kill-agent':
        await server.killAgentProcess();
        break;
      case 'kill-server':
        await (stopped = server.kill());
        break;
      case 'stop-server':
        stopped = server.stop();
        break;
      default:
        break;
    }
  };
  try {
    for (let reading = server.agent.stream(prompt); ; reading = attach(server, seen)) {
      const before = seen.length;
      for await (const event of reading) {
        server.saw(event);
        seen.push(event);
        if (disturbance.kind === 'leave' && seen.length - before === disturbance.after) {
          break;
        }
        if (!disturbed && disturbance.kind !== 'leave' && isDue()) {
          await disturb();
        }
      }
      if (endOf(seen) !== undefined || seen.length === before) {
        break;
      }
    }
  } catch (error) {
    if (!(error instanceof AgentCallError && error.code === 'STREAM_CUT' && stopped)) {
      throw error;
    }
  }
  if (!disturbed) {
    await disturb();
  }
  await stopped;
  assertConsecutive(seen);
  const events = seen.map(({ event }) => event);
  return {
    end: endOf(seen) ?? 'cut',
    text: shownText(events),
    toldInterrupted: events.some((event) => event.type === 'CUSTOM' && event.name === 'run.interrupted'),
    endedServer: stopped !== undefined,
  };
}

/** Goes on after the last event that was seen. */
function attach(server: ServerLife, seen: readonly NumberedEvent[]): AsyncGenerator<NumberedEvent> {
  return attachToSession({ ...server.target, after: seen.at(-1)?.seq ?? 0 });
}

function endOf(seen: readonly NumberedEvent[]): TurnEnd | undefined {
  const last = seen.at(-1)?.event;
  switch (last?.type) {
    case 'RUN_FINISHED':
      return last.outcome.type;
    case 'RUN_ERROR':
      return last.code;
    default:
      return undefined;
  }
}

function assertConsecutive(seen: readonly NumberedEvent[]): void {
  const first = seen[0]?.seq ?? 0;
  if (seen.some(({ seq }, index) => seq !== first + index)) {
    throw new Error(`a client was sent events with a gap or a repeat: ${seen.map(({ seq }) => seq).join()}`);
  }
}

/** The text of every message that was not taken back. */
function shownText(events: readonly AgentEvent[]): string {
  const texts = new Map<string, string>();
  for (const event of events) {
    if (event.type === 'TEXT_MESSAGE_CONTENT') {
      texts.set(event.messageId, (texts.get(event.messageId) ?? '') + event.delta);
    } else if (event.type === 'CUSTOM' && event.name === 'message.retracted' && 'messageId' in event.value) {
      texts.delete(event.value.messageId);
    }
  }
  return [...texts.values()].join('');
}
