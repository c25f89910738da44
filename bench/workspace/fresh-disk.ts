import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const MKFS = '/usr/sbin/mkfs.ext4';

export interface FreshDisk {
  readonly directory: string;
  remove(): void;
}

/**
 * A file system that was just made, as a new microVM has it: one that has been used for long takes twenty times as long
 * to make a file, and hides every other difference. Needs root and `mkfs.ext4`.
 *
 * @param gigabytes of space, taken from `within` as far as it is used
 */
export function freshDisk(within: string, name: string, gigabytes: number): FreshDisk {
  const image = join(within, `${name}.ext4`);
  const directory = join(within, name);
  mkdirSync(directory);
  writeFileSync(image, '');
  truncateSync(image, gigabytes * 1024 ** 3);
  execFileSync(MKFS, ['-q', '-m', '0', '-E', 'lazy_itable_init=1', image]);
  execFileSync('mount', ['-o', 'loop', image, directory]);
  return {
    directory,
    remove: () => {
      // When the last file is closed: a client that failed may have some open still.
      execFileSync('umount', ['--lazy', directory]);
      rmSync(image);
      rmSync(directory, { recursive: true });
    },
  };
}
