import type { BytePath } from './format/entries.ts';

/** A path for the functions of `node:fs`: text where it is plain, which is quicker, else bytes. */
export function nativePath(directory: string, path: BytePath): string | Buffer {
  if (path === '') {
    return directory;
  }
  return isAscii(path) ? `${directory}/${path}` : Buffer.concat([Buffer.from(`${directory}/`), toBytes(path)]);
}

/** What a link says, or another name, for the functions of `node:fs`. */
export function nativeName(name: BytePath): string | Buffer {
  return isAscii(name) ? name : toBytes(name);
}

function toBytes(path: BytePath): Buffer {
  return Buffer.from(path, 'latin1');
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}
