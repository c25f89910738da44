import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** The next message of a forked process. */
export async function told<T>(child: ChildProcess): Promise<T> {
  const over = new AbortController();
  const { signal } = over;
  const ended = once(child, 'exit', { signal }).then(([code]: (number | null)[]) => {
    throw new Error(`${child.spawnargs.join(' ')} ended with exit code ${code}`);
  });
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as [T];
    return message;
  } finally {
    ended.catch(() => undefined);
    over.abort();
  }
}
