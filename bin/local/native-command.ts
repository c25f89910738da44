import { isAbsolute, join, posix, relative } from 'node:path';
import type { ImageCommand } from './dockerfile';

/** The variables of an image that the local run decides itself. */
const DECIDED_HERE: ReadonlySet<string> = new Set(['PATH', 'HOME', 'PORT', 'HOST', 'TMPDIR']);

export interface NativeCommand {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  /** The image's own variables, as they are outside of the image. */
  readonly env: Readonly<Record<string, string>>;
  /** The file that the command starts, relative to `cwd`; undefined when the command names none. */
  readonly entry: string | undefined;
}

/**
 * The command of an image, to be run without a container from the directory the image is built from.
 *
 * The image's working directory stands for that directory, its HOME for `home` and its /tmp for a folder in there;
 * other absolute paths of the image do not exist outside of it, so variables that hold one are left out.
 */
export function nativeCommand(image: ImageCommand, directory: string, home: string): NativeCommand {
  const outside = (path: string): string | undefined => {
    for (const [inside, here] of [
      [image.env.HOME, home],
      [image.workdir, directory],
      ['/tmp', join(home, 'tmp')],
    ] as const) {
      if (inside === undefined || inside === '/') continue;
      const rest = posix.relative(inside, path);
      if (!rest.startsWith('..')) return join(here, rest);
    }
    return undefined;
  };
  const [program, ...args] = image.argv;
  const here = (argument: string): string => (argument.startsWith('/') ? (outside(argument) ?? argument) : argument);

  const env = Object.entries(image.env).flatMap(([name, value]) => {
    if (DECIDED_HERE.has(name)) return [];
    if (!value.startsWith('/')) return [[name, value] as const];
    const path = outside(value);
    return path === undefined ? [] : [[name, path] as const];
  });
  const argv = [here(program), ...args.map(here)] as const;
  const entry = argv.find((word) => /\.[cm]?js$/.test(word));
  return {
    argv,
    cwd: directory,
    env: Object.fromEntries(env),
    entry: entry !== undefined && isAbsolute(entry) ? relative(directory, entry) : entry,
  };
}
