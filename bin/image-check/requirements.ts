import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { NotPossibleHere } from './failure';

/** What this machine is, as far as the check depends on it. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly userId: number | undefined;
  readonly has: (program: string) => boolean;
}

/** Debian package of each program that the check starts. */
const PACKAGES: Readonly<Record<string, string>> = {
  buildah: 'buildah',
  debootstrap: 'debootstrap',
  runc: 'runc',
  tar: 'tar',
  unshare: 'util-linux',
};

/** What it takes to run ARM64 programs on another processor. */
const EMULATION_PACKAGES: Readonly<Record<string, string>> = {
  'qemu-aarch64-static': 'qemu-user-static',
  'update-binfmts': 'binfmt-support',
};

/** True when ARM64 programs run only under emulation. */
export function needsEmulation(arch: string): boolean {
  return arch !== 'arm64';
}

/** @throws NotPossibleHere naming everything that is missing, with the command that installs it */
export function assertPossible(machine: Machine): void {
  if (machine.platform !== 'linux') {
    throw new NotPossibleHere(
      `The check needs Linux and this is ${machine.platform}: run it on a Debian machine, or build the image with Docker instead.`,
    );
  }
  const programs = { ...PACKAGES, ...(needsEmulation(machine.arch) ? EMULATION_PACKAGES : {}) };
  const missing = Object.entries(programs).filter(([program]) => !machine.has(program));
  const complaints = [
    ...(missing.length === 0 ? [] : [`${missing.map(([program]) => program).join(', ')} not found`]),
    ...(machine.userId === 0 ? [] : ['root is needed to make file systems and containers']),
  ];
  if (complaints.length === 0) return;
  const packages = [...new Set(missing.map(([, name]) => name))].join(' ');
  const remedy = packages === '' ? '' : `install with "apt-get install --no-install-recommends ${packages}" and `;
  throw new NotPossibleHere(
    `The image cannot be checked here (${complaints.join('; ')}): ${remedy}run the check as root on Debian.`,
  );
}

/** The machine that this process runs on. */
export function thisMachine(): Machine {
  const directories = (process.env.PATH ?? '').split(delimiter);
  return {
    platform: process.platform,
    arch: process.arch,
    userId: process.getuid?.(),
    has: (program) => directories.some((directory) => isExecutable(join(directory, program))),
  };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
