import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startScriptedModel } from '../agent-image/support/agent-fixture';
import type { Trend } from './figures';
import { Random } from './random';
import { SoakedModel } from './soaked-model';
import { SoakedSession } from './soaked-session';

export interface SoakOptions {
  /** Decides what happens to which turn. */
  readonly seed: number;
  readonly sessions: number;
  readonly turns: number;
  /** Told after every turn. */
  readonly onProgress?: (turns: number) => void;
}

export interface SoakSummary {
  readonly turns: number;
  /** Turns by what was done to them. */
  readonly upsets: Readonly<Record<string, number>>;
  /** Turns by their end. */
  readonly ends: Readonly<Record<string, number>>;
  readonly modelCalls: number;
  /** The largest of all servers that lived long enough. */
  readonly trends: readonly Trend[];
  /** Empty when the server held. */
  readonly problems: readonly string[];
}

/** Every fourth session has no restarts and many more turns than the others, so that a trend shows. */
const STEADY = { every: 4, share: 6 };

/** Puts many sessions at once through turns that go wrong in every way, and tells what did not hold. */
export async function soak({ seed, sessions, turns, onProgress }: SoakOptions): Promise<SoakSummary> {
  const directory = mkdtempSync(join(tmpdir(), 'soak-'));
  const problems: string[] = [];
  const upsets: Record<string, number> = {};
  const ends: Record<string, number> = {};
  let done = 0;
  const onProblem = (problem: string): void => void problems.push(problem);
  const model = new SoakedModel(onProblem);
  const endpoint = await startScriptedModel(model.script);
  const all = turnsOf(sessions, turns).map(
    (own, number) =>
      new SoakedSession({
        ...{ number, turns: own, steady: isSteady(number), model, endpoint, directory, onProblem },
        random: new Random(seed + number),
        onTurn: ({ name }, { end }) => {
          upsets[name] = (upsets[name] ?? 0) + 1;
          ends[end] = (ends[end] ?? 0) + 1;
          done += 1;
          onProgress?.(done);
        },
      }),
  );
  try {
    await Promise.all(all.map((session) => session.run()));
    const measured = largest(all.flatMap((session) => session.trends));
    problems.push(
      ...measured
        .filter(({ perTurn, allowed }) => perTurn > allowed)
        .map(({ of, perTurn, allowed }) => `${of} grows by ${perTurn.toFixed(2)} a turn; ${allowed} is allowed`),
      ...processesOf(directory).map((pid) => `process ${pid} was left behind`),
    );
    return { turns: done, upsets, ends, modelCalls: model.calls, trends: measured, problems };
  } finally {
    await endpoint.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function isSteady(number: number): boolean {
  return number % STEADY.every === 0;
}

/** Turns of each session, `turns` in all. */
function turnsOf(sessions: number, turns: number): number[] {
  const shares = Array.from({ length: sessions }, (_, number) => (isSteady(number) ? STEADY.share : 1));
  const whole = shares.reduce((sum, share) => sum + share, 0);
  let before = 0;
  return shares.map((share) => {
    const from = Math.round((before / whole) * turns);
    before += share;
    return Math.round((before / whole) * turns) - from;
  });
}

function largest(all: readonly Trend[]): Trend[] {
  const byName = new Map<string, Trend>();
  for (const trend of all) {
    const before = byName.get(trend.of);
    if (!before || trend.perTurn > before.perTurn) {
      byName.set(trend.of, trend);
    }
  }
  return [...byName.values()];
}

/** Processes that were started for the soak: they all know its directory. */
function processesOf(directory: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(directory);
    } catch {
      return false;
    }
  });
}
