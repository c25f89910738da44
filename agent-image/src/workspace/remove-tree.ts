import { chmodSync, lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { nativeName } from './native-path.ts';
import type { Pacer } from './pacer.ts';

/** Removes whatever is at a path: a link itself and not what it points to, also out of directories that are read-only. */
export function removeTree(native: string | Buffer): void {
  Array.from(removing(native));
}

/** Removes all that is in a directory, in slices. */
export async function emptyDirectory(native: string | Buffer, pacer: Pacer): Promise<void> {
  const steps = emptying(native);
  while (steps.next().done !== true) {
    await pacer.pause();
  }
}

/** Stops after everything that was removed. */
function* removing(native: string | Buffer): Generator<void> {
  if (lstatSync(native).isDirectory()) {
    yield* emptying(native);
    rmdirSync(native);
  } else {
    unlinkSync(native);
  }
  yield;
}

function* emptying(native: string | Buffer): Generator<void> {
  chmodSync(native, 0o700);
  for (const name of readdirSync(native, { encoding: 'latin1' })) {
    yield* removing(Buffer.concat([Buffer.from(native), Buffer.from('/'), Buffer.from(nativeName(name))]));
  }
}
