import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAwsServer } from './agents/aws-server';
import { startBareSdk } from './agents/bare-sdk';
import type { BenchAgent, StartAgent, TurnTimes } from './agents/bench-agent';
import { startModel } from './agents/model';
import { startOurServer } from './agents/our-server';
import { type Row, timed } from './measure';
import { childrenOf, memoryMb, processorMs } from './processes';

const BARE = 'the Claude Agent SDK alone, warm loop';
const PER_REQUEST = '`bedrock-agentcore`, `query()` per request';

/** An everyday answer, and one that shows what passing on costs. */
const SHORT = 'deltas 8';
const LONG = { prompt: 'deltas 5000', pieces: 5_000 };

const WARM_TURNS = 10;
/** Sessions at once, as if one machine had them all; AgentCore gives each a microVM. */
const CROWD = 20;

/** Starts agents in homes of their own, all with the same model. */
type Start = (start: StartAgent) => Promise<BenchAgent>;

/** What serving a session costs: ours against the SDK alone, and against a server that starts it for each request. */
export async function agentRows(sessions: number): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const model = await startModel();
  let homes = 0;
  const start: Start = (agent) => agent(model.port, join(directory, `home-${(homes += 1)}`));
  try {
    return [
      ...(await turnRows(start, sessions)),
      ...(await cancelRows(start, sessions)),
      ...(await relayRows(start, sessions)),
      ...(await crowdRows(start)),
    ];
  } finally {
    await model.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The first turn of a session, and those after it; and what the session holds then. */
async function turnRows(start: Start, sessions: number): Promise<Row[]> {
  const servers = [startOurServer, startBareSdk, startAwsServer];
  const cold = servers.map((): TurnTimes[] => []);
  const warm = servers.map((): TurnTimes[] => []);
  const memory = servers.map((): number[] => []);
  const agentMemory = servers.map((): number[] => []);
  for (let session = 0; session < sessions; session++) {
    const agents = await Promise.all(servers.map(start));
    for (const [index, agent] of rotated(agents, session)) cold[index]?.push(await agent.turn(SHORT));
    for (let turn = 0; turn < WARM_TURNS; turn++) {
      for (const [index, agent] of rotated(agents, session + turn)) warm[index]?.push(await agent.turn(SHORT));
    }
    for (const [index, { pid }] of agents.entries()) {
      memory[index]?.push(memoryMb(pid).resident);
      agentMemory[index]?.push(...childrenOf(pid).map((child) => memoryMb(child).resident));
    }
    await Promise.all(agents.map((agent) => agent.stop()));
  }
  const times = (turns: readonly TurnTimes[][], index: number, part: keyof TurnTimes): number[] =>
    (turns[index] ?? []).map((turn) => turn[part]);
  const against = (what: string, turns: readonly TurnTimes[][], part: keyof TurnTimes): Row[] =>
    [BARE, PER_REQUEST].map((peer, index) => ({
      ...{ what, unit: 'ms', peer },
      ...{ ours: times(turns, 0, part), theirs: times(turns, index + 1, part) },
    }));
  const after = `after ${WARM_TURNS + 1} turns`;
  return [
    ...against('first turn: to the first text', cold, 'first'),
    ...against('first turn: whole', cold, 'whole'),
    ...against('later turns: to the first text', warm, 'first'),
    ...against('later turns: whole', warm, 'whole'),
    ...[BARE, PER_REQUEST].map((peer, index) => ({
      ...{ what: `memory of the server ${after}`, unit: 'MB', peer },
      ...{ ours: memory[0] ?? [], theirs: memory[index + 1] ?? [] },
    })),
    {
      ...{ what: `memory of the agent process ${after}`, unit: 'MB', peer: BARE },
      ...{ ours: agentMemory[0] ?? [], theirs: agentMemory[1] ?? [] },
    },
  ];
}

/** From the wish to cancel to the end of the run. */
async function cancelRows(start: Start, times: number): Promise<Row[]> {
  const [ours, bare] = await Promise.all([start(startOurServer), start(startBareSdk)]);
  const row = {
    what: 'cancel',
    unit: 'ms',
    peer: `${BARE}: \`interrupt()\``,
    ours: [] as number[],
    theirs: [] as number[],
  };
  await ours.turn(SHORT);
  await bare.turn(SHORT);
  for (let time = 0; time < times; time++) {
    row.ours.push(await ours.cancel());
    row.theirs.push(await bare.cancel());
  }
  await Promise.all([ours.stop(), bare.stop()]);
  return [row];
}

/** What one piece of a long answer costs on its way through the server. */
async function relayRows(start: Start, times: number): Promise<Row[]> {
  const agents = await Promise.all([start(startOurServer), start(startBareSdk)]);
  const elapsed = agents.map((): number[] => []);
  const processor = agents.map((): number[] => []);
  for (const agent of agents) await agent.turn(LONG.prompt);
  for (let time = 0; time < times; time++) {
    for (const [index, agent] of rotated(agents, time)) {
      const before = processorMs(agent.pid);
      const { whole } = await agent.turn(LONG.prompt);
      elapsed[index]?.push((whole / LONG.pieces) * 1000);
      processor[index]?.push(((processorMs(agent.pid) - before) / LONG.pieces) * 1000);
    }
  }
  await Promise.all(agents.map((agent) => agent.stop()));
  const of = `each of ${LONG.pieces} pieces of an answer`;
  return [
    { what: `${of}: time`, unit: 'µs', peer: BARE, ours: elapsed[0] ?? [], theirs: elapsed[1] ?? [] },
    { what: `${of}: processor time`, unit: 'µs', peer: BARE, ours: processor[0] ?? [], theirs: processor[1] ?? [] },
  ];
}

/** Many sessions at once: their first turns together, and the memory of each. */
async function crowdRows(start: Start): Promise<Row[]> {
  const kinds = [startOurServer, startBareSdk];
  const elapsed = kinds.map((): number[] => []);
  const memory = kinds.map((): number[] => []);
  for (let round = 0; round < 3; round++) {
    for (const [index, kind] of kinds.entries()) {
      const agents = await Promise.all(Array.from({ length: CROWD }, () => start(kind)));
      elapsed[index]?.push(await timed(() => Promise.all(agents.map((agent) => agent.turn(SHORT)))));
      const pids = agents.flatMap(({ pid }) => [pid, ...childrenOf(pid)]);
      memory[index]?.push(pids.reduce((sum, pid) => sum + memoryMb(pid).share, 0) / CROWD);
      await Promise.all(agents.map((agent) => agent.stop()));
    }
  }
  const what = `${CROWD} sessions at once`;
  return [
    { what: `${what}: all first turns`, unit: 'ms', peer: BARE, ours: elapsed[0] ?? [], theirs: elapsed[1] ?? [] },
    { what: `${what}: memory of each`, unit: 'MB', peer: BARE, ours: memory[0] ?? [], theirs: memory[1] ?? [] },
  ];
}

/** All with their index, another one first each time. */
function rotated<T>(all: readonly T[], by: number): [number, T][] {
  const entries = [...all.entries()];
  return [...entries.slice(by % all.length), ...entries.slice(0, by % all.length)];
}
