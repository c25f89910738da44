import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { cancelRun, runAgent } from '../../agent-image/src/client';
import { freePort } from '../../bin/local/free-port';
import { agentEnvironment, assertPieces, pidOf, type StartAgent, terminate, untilServing } from './bench-agent';

const PROGRAM = join(__dirname, '..', '..', 'agent-image', 'dist', 'main.js');

/** Our server, called by our client over HTTP. */
export const startOurServer: StartAgent = async (modelPort, home) => {
  const port = await freePort();
  const env = { ...agentEnvironment(modelPort, home), PORT: String(port) };
  const child = spawn(process.execPath, [PROGRAM], { stdio: 'ignore', env });
  await untilServing(child, PROGRAM, port);
  const target = { url: `http://127.0.0.1:${port}/invocations`, sessionId: `bench-${randomUUID()}` };
  return {
    pid: pidOf(child),
    async turn(prompt) {
      const begun = performance.now();
      let first: number | undefined;
      let pieces = 0;
      for await (const { event } of runAgent({ ...target, prompt })) {
        if (event.type === 'TEXT_MESSAGE_CONTENT') {
          first ??= performance.now() - begun;
          pieces += 1;
        }
      }
      const whole = performance.now() - begun;
      assertPieces(prompt, pieces);
      return { first: first ?? whole, whole };
    },
    async cancel() {
      let asked = NaN;
      let outcome = '';
      for await (const { event } of runAgent({ ...target, prompt: 'wait' })) {
        if (event.type === 'TEXT_MESSAGE_CONTENT') {
          asked = performance.now();
          void cancelRun(target);
        } else if (event.type === 'RUN_FINISHED') {
          outcome = event.outcome.type;
        }
      }
      const took = performance.now() - asked;
      if (outcome !== 'cancelled') throw new Error(`the run ended with "${outcome}" instead of "cancelled"`);
      return took;
    },
    stop: () => terminate(child),
  };
};
