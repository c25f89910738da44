import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { AgentDirectories } from '../config/directories.ts';
import type { BytePath } from './format/entries.ts';
import { IGNORE_FILE, type Ignores, MAX_RULES_BYTES, readIgnoreRules } from './ignore-rules.ts';
import { openFile } from './open-file.ts';
import type { Tree } from './scan.ts';

/** Prefix of the agent's working directory. */
export const FILES_PREFIX: BytePath = 'files';

/**
 * Images that tools returned. The SDK puts each, at its full size, beside a transcript that holds it as the model sees it:
 * kept, they would make a session of many figures grow without bound for nothing that is read again.
 */
const IMAGE_COPY = /^[^/]+\/[^/]+\/tool-results\/mcp-[^/]+-blob-[^/]+\.(png|jpe?g|gif|webp)$/;

/** Session ids are the caller's text and no parts of paths; 43 letters, digits, `-` and `_`. */
export function sessionKeyOf(sessionId: string): string {
  return createHash('sha256').update(sessionId).digest('base64url');
}

/** Where a session's record is kept, as JSON. */
export function recordPathOf(sessionKey: string): BytePath {
  return `sessions/${sessionKey}/record.json`;
}

/** Where the SDK keeps transcripts. */
export function transcriptDirectoryOf({ configDirectory }: AgentDirectories): string {
  return join(configDirectory, 'projects');
}

/** The agent's working directory, without what its rules leave out; like Git's, they are for what is not kept yet. */
export function fileTree({ workspaceDirectory }: AgentDirectories): Tree {
  const ignores = ignoreRulesIn(workspaceDirectory);
  return {
    prefix: FILES_PREFIX,
    directory: workspaceDirectory,
    keeps: (path, isDirectory) => path === IGNORE_FILE || !ignores(path, isDirectory),
    keptStays: true,
  };
}

/**
 * The transcripts of one conversation: `<folder>/<id>.jsonl`, and what else of it is in `<folder>/<id>/` but copies of
 * images.
 *
 * @param conversation the SDK's id; undefined before there is one
 */
export function transcriptTree(
  directories: AgentDirectories,
  sessionKey: string,
  conversation: string | undefined,
): Tree {
  return {
    prefix: `sessions/${sessionKey}/projects`,
    directory: transcriptDirectoryOf(directories),
    keeps: (path) => {
      const [, name] = path.split('/');
      if (name === undefined) return true;
      if (conversation === undefined || IMAGE_COPY.test(path)) return false;
      return [conversation, `${conversation}.jsonl`].includes(name);
    },
    keptStays: false,
  };
}

/** Rules that cannot be read leave nothing out. The file is somebody else's: it may be a link, a pipe or endless. */
function ignoreRulesIn(directory: string): Ignores {
  try {
    const file = openFile(join(directory, IGNORE_FILE));
    try {
      return readIgnoreRules(file?.read(0, MAX_RULES_BYTES).toString('latin1') ?? '');
    } finally {
      file?.close();
    }
  } catch {
    return () => false;
  }
}
