import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { table } from './measure';
import { synthRows } from './synth';
import { turnRows } from './turn';

const SESSIONS = 7;
const SYNTHESES = 5;

async function main(): Promise<void> {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: join(__dirname, '..', 'agent-image'), stdio: 'inherit' });
  console.error(`measuring turns in ${SESSIONS} sessions of each server …`);
  const turns = await turnRows(SESSIONS);
  console.error(`measuring ${SYNTHESES} syntheses of each app …`);
  const rows = [...turns, ...synthRows(SYNTHESES)];
  console.log(`Node ${process.version}, ${cpus().length} cores\n`);
  console.log(table(rows));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
