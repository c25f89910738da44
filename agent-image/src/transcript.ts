import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the SDK kept of a conversation, which it refuses to resume without; undefined when there is nothing. */
export function readTranscript(configDirectory: string, sdkSessionId: string): string | undefined {
  const projects = join(configDirectory, 'projects');
  for (const project of foldersOf(projects)) {
    try {
      const text = readFileSync(join(projects, project, `${sdkSessionId}.jsonl`), 'utf8');
      if (text !== '') {
        return text;
      }
    } catch {
      // It is in another folder: the SDK names them after the working directory.
    }
  }
  return undefined;
}

/** Where the SDK keeps results of tools that are too long for the model, which it is told to read there. */
export function toolResultFolders(configDirectory: string, sdkSessionId: string): string[] {
  const projects = join(configDirectory, 'projects');
  return foldersOf(projects)
    .map((project) => join(projects, project, sdkSessionId, 'tool-results'))
    .filter((folder) => existsSync(folder));
}

function foldersOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
