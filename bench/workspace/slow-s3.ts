import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What was asked of S3: reads cost a tenth of writes and listings. Bytes of bodies. */
export interface Traffic {
  readonly reads: number;
  readonly writes: number;
  readonly received: number;
  readonly sent: number;
}

export interface SlowS3 {
  readonly url: string;
  /** What was asked since this was asked last. */
  traffic(): Promise<Traffic>;
  stop(): Promise<void>;
}

/** S3 in a process of its own, with a bucket, that lets every request wait for so many milliseconds. */
export async function startSlowS3(directory: string, bucket: string, delayMs: number): Promise<SlowS3> {
  const child = fork(join(__dirname, 'slow-s3-process.ts'), [directory, bucket, String(delayMs)], {
    execArgv: ['--import', 'tsx'],
  });
  const answer = async (): Promise<unknown> => ((await once(child, 'message')) as unknown[])[0];
  const port = (await answer()) as number;
  return {
    url: `http://127.0.0.1:${port}`,
    traffic: async () => {
      child.send('traffic');
      return (await answer()) as Traffic;
    },
    stop: async () => {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
