import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { liveRunState } from './local/run-state';
import { userToken } from './local/user-token';

const USAGE = `usage: npm run token -s -- <user> [--state <folder>]

Prints an access token of a test user (alice or bob) of the local run that is up; --state is the folder that the run was
given (default: .local).`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { state: { type: 'string' } }, allowPositionals: true });
  const [username, ...others] = positionals;
  if (username === undefined || others.length > 0) throw new Error(USAGE);
  const folder = resolve(values.state ?? '.local');
  const up = await liveRunState(folder);
  if (up === undefined) throw new Error(`no local run is up in ${folder}; start one with npm start`);
  process.stdout.write(`${await userToken(up, username)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
