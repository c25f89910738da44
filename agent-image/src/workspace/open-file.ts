import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** Never through a link that took the file's place, and never waiting for the other end of a pipe. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** A file that was opened and is what was found before. */
export interface OpenFile {
  readonly stats: BigIntStats;
  /** Up to `length` bytes from `from`; fewer at the end only. */
  read(from: number, length: number): Buffer;
  /** Whether nothing was written since it was opened. */
  isUntouched(): boolean;
  close(): void;
}

/**
 * Opens a file to read it.
 *
 * @returns undefined when it is gone, or no plain file any more
 * @throws the system's error when it cannot be opened
 */
export function openFile(path: string | Buffer): OpenFile | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, FLAGS);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      return undefined;
    }
    throw error;
  }
  const stats = fstatSync(descriptor, { bigint: true });
  if (!stats.isFile()) {
    closeSync(descriptor);
    return undefined;
  }
  return {
    stats,
    read(from, length) {
      const bytes = Buffer.allocUnsafe(length);
      let filled = 0;
      while (filled < length) {
        const count = readSync(descriptor, bytes, filled, length - filled, from + filled);
        if (count === 0) {
          break;
        }
        filled += count;
      }
      return bytes.subarray(0, filled);
    },
    isUntouched() {
      const now = fstatSync(descriptor, { bigint: true });
      return now.mtimeNs === stats.mtimeNs && now.ctimeNs === stats.ctimeNs && now.size === stats.size;
    },
    close() {
      closeSync(descriptor);
    },
  };
}
