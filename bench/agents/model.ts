import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { told } from './told';

export interface BenchModel {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startModel(): Promise<BenchModel> {
  const child = fork(join(__dirname, 'model-process.ts'), { execArgv: ['--import', 'tsx'] });
  const port = await told<number>(child);
  return {
    port,
    async stop() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
