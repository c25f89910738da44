import { readFileSync, rmSync } from 'node:fs';
import { type AgentFixture, waitUntil } from '../agent-image/support/agent-fixture';
import { laterPart, slope } from './trend';

/** What a server holds after a turn, garbage collected. */
export interface Figures {
  readonly fileDescriptors: number;
  /** Node's timers, sockets, pipes and the like. */
  readonly resources: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
}

/** Increase from turn to turn in the life of one server. */
export interface Trend {
  readonly of: keyof Figures;
  readonly perTurn: number;
  readonly allowed: number;
}

/** A shorter life says nothing about a trend. */
const LEAST_SAMPLES = 40;

/**
 * Increase a turn that is still no leak. The heap grows by the events that the session keeps for `attach`, up to a
 * bound that no soak comes to: 4 KB a turn over 400 turns, and up to 22 KB in shorter lives, which warm up for longer
 * than their first third.
 */
const ALLOWED: Figures = {
  fileDescriptors: 0.1,
  resources: 0.1,
  heapBytes: 48 * 1024,
  rssBytes: 512 * 1024,
};

/** Asks a server that was started with `report-figures.mjs`, which writes them to `file`. */
export async function readFigures(agent: AgentFixture, file: string): Promise<Figures> {
  rmSync(file, { force: true });
  agent.signal('SIGUSR2');
  let text = '';
  await waitUntil(() => {
    text = readIfThere(file);
    return text !== '';
  });
  return JSON.parse(text) as Figures;
}

/** What goes up in the later two thirds of a server's life; nothing for a short one. */
export function trends(samples: readonly Figures[]): Trend[] {
  if (samples.length < LEAST_SAMPLES) {
    return [];
  }
  const names = Object.keys(ALLOWED) as (keyof Figures)[];
  return names.map((of) => ({
    of,
    perTurn: slope(laterPart(samples).map((figures) => figures[of])),
    allowed: ALLOWED[of],
  }));
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
