import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Whether the SDK kept something of a conversation: it refuses to resume one that it does not know. */
export function hasTranscript(configDirectory: string, sdkSessionId: string): boolean {
  const projects = join(configDirectory, 'projects');
  try {
    return readdirSync(projects).some((project) => {
      const file = statSync(join(projects, project, `${sdkSessionId}.jsonl`), { throwIfNoEntry: false });
      return file !== undefined && file.size > 0;
    });
  } catch {
    return false;
  }
}
