import type { LoggedEvent } from './event-log.ts';
import type { AgentEvent, SocketFrame } from './protocol.ts';

/** Longest JSON text of an event in one frame, in UTF-16 units: at most 3 bytes each, with room for the envelope. */
const MAX_EVENT_TEXT = 20_000;

const DELTAS: readonly string[] = ['TEXT_MESSAGE_CONTENT', 'REASONING_MESSAGE_CONTENT', 'TOOL_CALL_ARGS'];

/**
 * The frames of a portion of events, each below AgentCore's 64 KB: pieces of text that follow each other become one
 * event, because AgentCore limits the frames per second; an event that is too long is sent in parts.
 */
export function framesOf(events: readonly LoggedEvent[]): SocketFrame[] {
  return merged(events.map(({ seq, json }) => ({ seq, event: JSON.parse(json) as AgentEvent }))).flatMap(inParts);
}

interface Numbered {
  readonly seq: number;
  readonly event: AgentEvent;
}

function merged(events: readonly Numbered[]): Numbered[] {
  const all: Numbered[] = [];
  for (const next of events) {
    const last = all.at(-1);
    const joined = last && join(last.event, next.event);
    if (joined) {
      all[all.length - 1] = { seq: next.seq, event: joined };
    } else {
      all.push(next);
    }
  }
  return all;
}

function join(first: AgentEvent, second: AgentEvent): AgentEvent | undefined {
  if (first.type !== second.type || !DELTAS.includes(first.type)) {
    return undefined;
  }
  const { delta: start, ...one } = first as { delta: string };
  const { delta: rest, ...other } = second as { delta: string };
  return JSON.stringify(one) === JSON.stringify(other) && start.length + rest.length < MAX_EVENT_TEXT / 2
    ? ({ ...first, delta: start + rest } as AgentEvent)
    : undefined;
}

function inParts({ seq, event }: Numbered): SocketFrame[] {
  const json = JSON.stringify(event);
  if (json.length <= MAX_EVENT_TEXT) {
    return [{ seq, event }];
  }
  const of = Math.ceil(json.length / MAX_EVENT_TEXT);
  return Array.from({ length: of }, (_, index) => ({
    ...{ seq, part: index + 1, of },
    json: json.slice(index * MAX_EVENT_TEXT, (index + 1) * MAX_EVENT_TEXT),
  }));
}
