import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkImage } from './image-check/check';
import { NotPossibleHere, reason } from './image-check/failure';

const USAGE = `Usage: npm run image:check -- [--fresh]

Builds the agent image for ARM64 and runs it under emulation, with a scripted model and without AWS or Docker.

  --fresh   make the base image anew instead of taking the cached one
  --help    show this

Exit codes: 0 the image is good, 1 it is not, 2 wrong usage, 3 it cannot be checked on this machine,
130 interrupted.`;

async function main(): Promise<number> {
  let options: { readonly fresh?: boolean; readonly help?: boolean };
  try {
    options = parseArgs({ options: { fresh: { type: 'boolean' }, help: { type: 'boolean' } } }).values;
  } catch (error) {
    console.error(`${reason(error)}\n\n${USAGE}`);
    return 2;
  }
  if (options.help === true) {
    console.log(USAGE);
    return 0;
  }
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interruption.abort(new Error(`interrupted by ${signal}`)));
  }
  try {
    await checkImage(join(__dirname, '..'), options.fresh ?? false, interruption.signal);
    console.log('The image is good.');
    return 0;
  } catch (error) {
    return explain(error, interruption.signal);
  }
}

function explain(error: unknown, interrupted: AbortSignal): number {
  if (interrupted.aborted) {
    console.error(`The check was ${reason(interrupted.reason)}; what it had started is ended and removed.`);
    return 130;
  }
  if (error instanceof NotPossibleHere) {
    console.error(error.message);
    return 3;
  }
  console.error(`The image check failed: ${reason(error)}`);
  return 1;
}

void main().then((code) => {
  process.exitCode = code;
});
