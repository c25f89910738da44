import { readdirSync, readFileSync } from 'node:fs';
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

function foldersOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
