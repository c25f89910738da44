import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { startReaper } from '../../../bin/local/reaper';
import { isRunning, waitUntil } from './support/wait-until';

/** Starts a process in a group of its own, and tells its id and that of the last process below it. */
async function startChain(program: string): Promise<{ readonly leader: ChildProcess; readonly last: number }> {
  const leader = spawn(process.execPath, ['-e', program], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await once(leader.stdout, 'data')) as [Buffer];
  return { leader, last: Number(line.toString()) };
}

/** A program that starts another one in a group of its own, which starts a third in that group. */
const IN_ITS_OWN_GROUP = `
  const { spawn } = require('node:child_process');
  const third = 'setInterval(() => {}, 1000)';
  const second = 'const child = require("node:child_process").spawn(process.execPath, ["-e", ' + JSON.stringify(third) +
    '], { stdio: "ignore" }); console.log(child.pid); setInterval(() => {}, 1000)';
  spawn(process.execPath, ['-e', second], { detached: true, stdio: ['ignore', 'inherit', 'ignore'] });
  setInterval(() => {}, 1000);
`;

test('ends what a watched process has started in a group of its own', async () => {
  const reaper = startReaper();
  const [watched, other] = await Promise.all([startChain(IN_ITS_OWN_GROUP), startChain(IN_ITS_OWN_GROUP)]);
  try {
    reaper.watch(watched.leader.pid ?? 0);
    reaper.close();
    await once(watched.leader, 'exit');
    await waitUntil(() => !isRunning(watched.last));
    expect(isRunning(other.leader.pid ?? 0)).toBe(true);
    expect(isRunning(other.last)).toBe(true);
  } finally {
    const last = startReaper();
    last.watch(other.leader.pid ?? 0);
    last.close();
    await waitUntil(() => !isRunning(other.last));
  }
});
