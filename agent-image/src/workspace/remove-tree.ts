import { chmodSync, lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { nativeName } from './native-path.ts';

/** Removes whatever is at a path: a link itself and not what it points to, also out of directories that are read-only. */
export function removeTree(native: string | Buffer): void {
  if (lstatSync(native).isDirectory()) {
    emptyDirectory(native);
    rmdirSync(native);
  } else {
    unlinkSync(native);
  }
}

/** Removes all that is in a directory. */
export function emptyDirectory(native: string | Buffer): void {
  chmodSync(native, 0o700);
  for (const name of readdirSync(native, { encoding: 'latin1' })) {
    removeTree(Buffer.concat([Buffer.from(native), Buffer.from('/'), Buffer.from(nativeName(name))]));
  }
}
