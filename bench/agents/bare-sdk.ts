import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { agentEnvironment, assertPieces, pidOf, type StartAgent, type TurnTimes } from './bench-agent';
import { told } from './told';

const PROGRAM = join(__dirname, '..', 'peers', 'bare-sdk.mjs');

/** What `bare-sdk.mjs` tells after a turn. */
interface Answer extends TurnTimes {
  readonly pieces: number;
  readonly cancelled: number;
}

/** The Claude Agent SDK alone: one warm loop in a process of its own, which takes the times itself. */
export const startBareSdk: StartAgent = async (modelPort, home) => {
  const env = agentEnvironment(modelPort, home);
  // Without the arguments of this process, which load the compiler.
  const child = fork(PROGRAM, { env, cwd: home, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await told(child);
  const ask = (prompt: string): Promise<Answer> => {
    const answered = told<Answer>(child);
    child.send(prompt);
    return answered;
  };
  return {
    pid: pidOf(child),
    async turn(prompt) {
      const answer = await ask(prompt);
      assertPieces(prompt, answer.pieces);
      return answer;
    },
    cancel: async () => (await ask('wait')).cancelled,
    async stop() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
};
