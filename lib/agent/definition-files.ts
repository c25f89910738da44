import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';

/** Largest definition, in bytes: it is copied at every synthesis, and larger data belongs into storage or the base image. */
const MAX_DEFINITION_BYTES = 10 * 1024 * 1024;

/** What a definition may have at its top. */
export const ENTRIES = ['system-prompt.md', 'agents', 'skills', 'mcp.json', 'tools.json'];

/** One file of a definition. */
export interface DefinitionFile {
  readonly bytes: Buffer;
  readonly executable: boolean;
}

/** By path relative to the definition, with "/", in a fixed order. */
export type Files = ReadonlyMap<string, DefinitionFile>;

/** The files of a directory; what is wrong with it, or with one of them, goes to `findings`. */
export function sourceFiles(directory: string, findings: string[]): Files {
  const stat = statSync(directory, { throwIfNoEntry: false });
  if (stat?.isDirectory() !== true) {
    const what = stat === undefined ? 'does not exist' : 'is a file';
    findings.push(`definition directory "${directory}" ${what}; give the directory that holds ${ENTRIES.join(', ')}`);
    return new Map();
  }
  const paths = filesBelow(directory, '').filter((path) => path !== 'README.md');
  if (paths.length === 0) {
    findings.push(`definition directory "${directory}" is empty; put ${ENTRIES.join(', ')} there, or some of them`);
  }
  const size = paths.reduce((sum, path) => sum + lstatSync(join(directory, path)).size, 0);
  if (size > MAX_DEFINITION_BYTES) {
    findings.push(
      `definition directory "${directory}" has ${size} bytes; at most ${MAX_DEFINITION_BYTES} are allowed, so put large files into storage or the base image`,
    );
    return new Map();
  }
  const files = new Map<string, DefinitionFile>();
  for (const path of paths) {
    const file = join(directory, path);
    const { mode } = lstatSync(file);
    if (lstatSync(file).isFile()) {
      files.set(path, { bytes: readFileSync(file), executable: (mode & 0o100) !== 0 });
    } else {
      findings.push(`${path} is neither a file nor a folder (a symbolic link, perhaps); put the file itself there`);
    }
  }
  return files;
}

function filesBelow(directory: string, path: string): string[] {
  return readdirSync(join(directory, path), { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const below = posix.join(path, entry.name);
      return entry.isDirectory() ? filesBelow(directory, below) : [below];
    });
}
