import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Writes JSON where only its owner can read it; readers never see half of it. */
export function writePrivateJson(file: string, content: unknown): void {
  const next = `${file}.next`;
  writeFileSync(next, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  chmodSync(next, 0o600);
  renameSync(next, file);
}

/** What {@link writePrivateJson} wrote; undefined when there is no such file or it is not JSON. */
export function readPrivateJson(file: string): unknown {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
