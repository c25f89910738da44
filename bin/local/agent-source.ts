import { existsSync, readdirSync, readFileSync, lstatSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Reaper } from './reaper';
import { runStep } from './step';
import { nodePath } from './synth';

const SHOWN_LINES = 12;

interface Lockfile {
  readonly packages?: Readonly<Record<string, { readonly version?: string; readonly optional?: boolean }>>;
}

/**
 * Does for the source directory of an image what its Docker build would do: installs the packages of its lockfile where
 * they are not, and runs its `build` script where the result is older than the sources.
 *
 * @param entry the file that the image's command starts, relative to the directory; undefined when it is not known
 * @param progress gets one line before each step that takes time
 * @throws Error with what npm said when a step fails
 */
export async function prepareSource(
  directory: string,
  entry: string | undefined,
  reaper: Reaper,
  progress: (line: string) => void,
): Promise<void> {
  const packageFile = join(directory, 'package.json');
  if (!existsSync(packageFile)) return;
  const { scripts = {} } = readJson(packageFile) as { scripts?: Readonly<Record<string, string>> };

  if (!isInstalled(directory)) {
    progress(`installing the packages of the agent (npm ci in ${directory}) …`);
    await npm(directory, ['ci', '--no-audit', '--no-fund'], reaper);
  }
  if (scripts.build !== undefined && !isBuilt(directory, entry)) {
    progress(`building the agent (npm run build in ${directory}) …`);
    await npm(directory, ['run', 'build'], reaper);
  }
}

/** True when every package that the lockfile requires is installed in its version. */
function isInstalled(directory: string): boolean {
  const lockfile = join(directory, 'package-lock.json');
  const record = join(directory, 'node_modules', '.package-lock.json');
  if (!existsSync(lockfile)) return existsSync(join(directory, 'node_modules'));
  const installed = existsSync(record) ? ((readJson(record) as Lockfile).packages ?? {}) : {};
  return Object.entries((readJson(lockfile) as Lockfile).packages ?? {}).every(([path, entry]) => {
    const found = installed[path];
    return path === '' || entry.optional === true || (found !== undefined && found.version === entry.version);
  });
}

/** True when the folder of the entry file has changed after everything else, installed packages apart. */
function isBuilt(directory: string, entry: string | undefined): boolean {
  if (entry === undefined || !existsSync(resolve(directory, entry))) return false;
  const output = dirname(resolve(directory, entry));
  const sources = newestChange(directory, [output, join(directory, 'node_modules')]);
  return output !== directory && sources <= newestChange(output, []);
}

/** Milliseconds since the epoch. */
function newestChange(directory: string, ignored: readonly string[]): number {
  return readdirSync(directory, { withFileTypes: true }).reduce((newest, item) => {
    const path = join(directory, item.name);
    if (ignored.includes(path)) return newest;
    return Math.max(newest, item.isDirectory() ? newestChange(path, ignored) : lstatSync(path).mtimeMs);
  }, 0);
}

async function npm(directory: string, args: readonly string[], reaper: Reaper): Promise<void> {
  // A production environment would leave out the packages that the build needs.
  const env = { ...process.env, NODE_ENV: undefined, PATH: nodePath(directory) };
  const { code, output } = await runStep({ program: 'npm', args, cwd: directory, env }, reaper);
  if (code !== 0) {
    throw new Error(`npm ${args.join(' ')} in ${directory} failed with exit code ${String(code)}:\n${excerpt(output)}`);
  }
}

/** npm tells first what is wrong, build tools often last. */
function excerpt(output: string): string {
  const lines = output.split('\n');
  if (lines.length <= 2 * SHOWN_LINES) return output;
  return [...lines.slice(0, SHOWN_LINES), '…', ...lines.slice(-SHOWN_LINES)].join('\n');
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
