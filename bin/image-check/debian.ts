import { readFileSync } from 'node:fs';
import { NotPossibleHere } from './failure';
import type { Commands } from './commands';

/** Where this machine gets its Debian packages from; the base image is made of the same. */
export interface DebianSource {
  /** Code name of the release, such as `bookworm`. */
  readonly suite: string;
  /** Address of the package mirror. */
  readonly mirror: string;
  /** Proxy that apt was told to use, if any. */
  readonly proxy: string | undefined;
}

/**
 * Reads the release and the mirror that apt is configured with.
 *
 * @throws NotPossibleHere when this is not Debian, or its main archive is not reached over HTTP
 */
export async function debianSource(commands: Commands): Promise<DebianSource> {
  const suite = debianSuite(readFileSync('/etc/os-release', 'utf8'));
  const targets = await commands.run('apt-get', [
    'indextargets',
    '--format',
    '$(CODENAME) $(COMPONENT) $(REPO_URI)',
    'Created-By: Packages',
  ]);
  const proxy = await commands.run('apt-config', ['dump', '--format', '%v%n', 'Acquire::http::Proxy']);
  return { suite, mirror: mainMirror(targets, suite), proxy: proxy === '' ? undefined : proxy };
}

/** Code name in the text of an os-release file. */
export function debianSuite(osRelease: string): string {
  const fields = new Map(
    osRelease.split('\n').flatMap((line) => {
      const [, key, value] = /^([A-Z_]+)="?([^"]*)"?$/.exec(line) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value] as const];
    }),
  );
  const suite = fields.get('VERSION_CODENAME');
  if (fields.get('ID') !== 'debian' || suite === undefined) {
    throw new NotPossibleHere(
      `The check makes its base image from Debian's packages, and this machine runs ${fields.get('ID') ?? 'an unknown system'}: run it on Debian.`,
    );
  }
  return suite;
}

/** The mirror of `suite`'s main component in lines of `<code name> <component> <address>`. */
export function mainMirror(targets: string, suite: string): string {
  const entries = targets.split('\n').map((line) => line.split(' '));
  const address = entries.find(
    ([codename, component, uri]) => codename === suite && component === 'main' && /^https?:/.test(uri ?? ''),
  )?.[2];
  if (address === undefined) {
    throw new NotPossibleHere(
      `apt on this machine has no http(s) mirror for the main component of ${suite}: add one under /etc/apt/sources.list.d.`,
    );
  }
  return address;
}
