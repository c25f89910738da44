import { NotPossibleHere } from '../../../bin/image-check/failure';
import { assertPossible, needsEmulation, type Machine } from '../../../bin/image-check/requirements';

const complete: Machine = { platform: 'linux', arch: 'x64', userId: 0, has: () => true };
const without = (...programs: string[]): Machine['has'] => {
  return (program) => !programs.includes(program);
};

describe('assertPossible', () => {
  it('accepts root on Linux with every program', () => {
    expect(() => assertPossible(complete)).not.toThrow();
  });

  it('names every missing program and the one command that installs them', () => {
    const machine = { ...complete, has: without('buildah', 'qemu-aarch64-static') };

    expect(() => assertPossible(machine)).toThrow(NotPossibleHere);
    expect(() => assertPossible(machine)).toThrow(/buildah, qemu-aarch64-static not found/);
    expect(() => assertPossible(machine)).toThrow(/"apt-get install --no-install-recommends buildah qemu-user-static"/);
  });

  it('asks for root without an empty install command when only root is missing', () => {
    expect(() => assertPossible({ ...complete, userId: 1000 })).toThrow(
      'The image cannot be checked here (root is needed to make file systems and containers): run the check as root on Debian.',
    );
  });

  it('needs no emulation on an ARM64 machine', () => {
    const has = without('qemu-aarch64-static', 'update-binfmts');

    expect(needsEmulation('arm64')).toBe(false);
    expect(() => assertPossible({ ...complete, arch: 'arm64', has })).not.toThrow();
    expect(() => assertPossible({ ...complete, arch: 'x64', has })).toThrow(NotPossibleHere);
  });

  it('refuses another system, whatever is installed there', () => {
    expect(() => assertPossible({ ...complete, platform: 'darwin' })).toThrow(/needs Linux and this is darwin/);
  });
});
