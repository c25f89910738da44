import { existsSync } from 'node:fs';
import type { Commands } from './commands';

const BINFMT_DIRECTORY = '/proc/sys/fs/binfmt_misc';
const HANDLER = 'qemu-aarch64';

/**
 * Makes the kernel start ARM64 programs through qemu, and returns what takes that back; nothing is done when the machine
 * is set up for it already.
 *
 * Since Linux 6.7 the kernel forgets its handlers when the file system is unmounted, so it has to stay mounted meanwhile.
 */
export async function enableEmulation(commands: Commands): Promise<() => Promise<void>> {
  const undo: (() => Promise<unknown>)[] = [];
  if (!existsSync(`${BINFMT_DIRECTORY}/register`)) {
    await commands.run('mount', ['-t', 'binfmt_misc', 'binfmt_misc', BINFMT_DIRECTORY]);
    undo.unshift(() => commands.forCleanup().run('umount', [BINFMT_DIRECTORY]));
  }
  if (!existsSync(`${BINFMT_DIRECTORY}/${HANDLER}`)) {
    await commands.run('update-binfmts', ['--enable', HANDLER]);
    undo.unshift(() => commands.forCleanup().run('update-binfmts', ['--disable', HANDLER]));
  }
  return async () => {
    for (const step of undo) await step();
  };
}
