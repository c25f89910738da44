import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ENDING = '.json';

/** A folder of small JSON documents. Each is there as a whole or not at all, also when the process dies in between. */
export class JsonFiles<T> {
  /** The folder is made when it is missing. */
  constructor(private readonly directory: string) {
    mkdirSync(directory, { recursive: true });
  }

  public write(name: string, content: T): void {
    const path = join(this.directory, `${name}${ENDING}`);
    writeFileSync(`${path}.next`, JSON.stringify(content));
    renameSync(`${path}.next`, path);
  }

  public remove(name: string): void {
    rmSync(join(this.directory, `${name}${ENDING}`), { force: true });
  }

  /** Every document; what an interrupted run left half-written is removed. */
  public readAll(): T[] {
    return readdirSync(this.directory).flatMap((file) => {
      const path = join(this.directory, file);
      if (file.endsWith(ENDING)) return [JSON.parse(readFileSync(path, 'utf8')) as T];
      if (file.endsWith('.next')) rmSync(path, { force: true });
      return [];
    });
  }
}
