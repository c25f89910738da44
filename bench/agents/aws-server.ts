import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { readServerSentEvents } from '../../agent-image/src/server-sent-events';
import { freePort } from '../../bin/local/free-port';
import { installPeer } from '../install-peer';
import { agentEnvironment, assertPieces, pidOf, type StartAgent, terminate, untilServing } from './bench-agent';

const DIRECTORY = join(__dirname, '..', 'peers', 'bedrock-agentcore');

/** The server of the `bedrock-agentcore` package with a handler that calls `query()` for each request. */
export const startAwsServer: StartAgent = async (modelPort, home) => {
  installPeer(DIRECTORY);
  const port = await freePort();
  const program = join(DIRECTORY, 'server.mjs');
  const env = { ...agentEnvironment(modelPort, home), PORT: String(port) };
  const child = spawn(process.execPath, [program], { stdio: 'ignore', env, cwd: home });
  await untilServing(child, program, port);
  const sessionId = `bench-${randomUUID()}`;
  return {
    pid: pidOf(child),
    async turn(prompt) {
      const begun = performance.now();
      const response = await fetch(`http://127.0.0.1:${port}/invocations`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream',
          'x-amzn-bedrock-agentcore-runtime-session-id': sessionId,
        },
        body: JSON.stringify({ prompt }),
      });
      if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);
      let first: number | undefined;
      let pieces = 0;
      for await (const { data } of readServerSentEvents(response.body)) {
        if ('text' in (JSON.parse(data) as object)) {
          first ??= performance.now() - begun;
          pieces += 1;
        }
      }
      const whole = performance.now() - begun;
      assertPieces(prompt, pieces);
      return { first: first ?? whole, whole };
    },
    cancel: () => Promise.reject(new Error('a handler of this server cannot be told to stop')),
    stop: () => terminate(child),
  };
};
