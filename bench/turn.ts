import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../bin/local/free-port';
import { createScriptedBedrock } from '../bin/local/model/scripted-bedrock';
import { timed, type Row } from './measure';

const MODEL = 'global.anthropic.claude-sonnet-5-5';
const PEER = '`query()` of the Claude Agent SDK per request';
const agentImage = join(__dirname, '..', 'agent-image');

/** Milliseconds of the first and of the second turn of one session. */
interface Turns {
  readonly first: number;
  readonly second: number;
}

/**
 * A whole turn over HTTP, the first of a session and a later one: our server with its warm process against a server that
 * starts the SDK for each request. Same SDK, same scripted model, sessions interleaved.
 */
export async function turnRows(sessions: number): Promise<Row[]> {
  const home = mkdtempSync(join(tmpdir(), 'bench-'));
  // Beside the agent's dependencies, so that the peer runs the same SDK.
  const peerProgram = join(agentImage, 'dist', 'bench-peer.mjs');
  copyFileSync(join(__dirname, 'peers', 'query-per-request.mjs'), peerProgram);
  const model = await scriptedModel();
  const measure = async (program: string): Promise<Turns> => {
    const server = await start(program, portOf(model), mkdtempSync(join(home, 'home-')));
    const session = `bench-${randomUUID()}`;
    try {
      return {
        first: await timed(() => turn(server.port, session)),
        second: await timed(() => turn(server.port, session)),
      };
    } finally {
      await stop(server.child);
    }
  };

  try {
    const ours: Turns[] = [];
    const theirs: Turns[] = [];
    for (let session = 0; session < sessions; session++) {
      ours.push(await measure(join(agentImage, 'dist', 'main.js')));
      theirs.push(await measure(peerProgram));
    }
    return (['first', 'second'] as const).map((which) => ({
      what: `${which} turn of a session`,
      unit: 'ms',
      peer: PEER,
      ours: ours.map((measured) => measured[which]),
      theirs: theirs.map((measured) => measured[which]),
    }));
  } finally {
    model.close();
    model.closeAllConnections();
    rmSync(peerProgram);
    rmSync(home, { recursive: true, force: true });
  }
}

async function scriptedModel(): Promise<Server> {
  const bedrock = createScriptedBedrock(() => ({ kind: 'message', text: ['A short ', 'answer.'] }));
  const server = createServer((request, response) => {
    void buffer(request).then((body) => bedrock.handle(request, response, body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function start(program: string, modelPort: number, home: string): Promise<{ child: ChildProcess; port: number }> {
  const port = await freePort();
  const child = spawn(process.execPath, [program], {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      HOME: home,
      PORT: String(port),
      HOST: '127.0.0.1',
      AGENT_MODEL_MAIN: MODEL,
      ANTHROPIC_MODEL: MODEL,
      ANTHROPIC_DEFAULT_OPUS_MODEL: 'global.anthropic.claude-opus-5-5',
      ANTHROPIC_DEFAULT_HAIKU_MODEL: 'global.anthropic.claude-haiku-5-5',
      ANTHROPIC_BEDROCK_BASE_URL: `http://127.0.0.1:${modelPort}`,
      CLAUDE_CODE_USE_BEDROCK: '1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIABENCH00000000000',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${program} ended with exit code ${child.exitCode} before it served`);
    const healthy = await fetch(`http://127.0.0.1:${port}/ping`).then(
      (response) => response.ok,
      () => false,
    );
    if (healthy) return { child, port };
    await sleep(10);
  }
}

async function turn(port: number, session: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/invocations`, {
    method: 'POST',
    headers: { 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': session },
    body: JSON.stringify({ prompt: 'hello' }),
  });
  const reply = (await response.json()) as { response?: string };
  if (reply.response !== 'A short answer.') throw new Error(`unexpected answer: ${JSON.stringify(reply)}`);
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
