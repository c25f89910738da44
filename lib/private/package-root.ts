import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A path inside this package, both in the repository and where it is installed. */
export function packagePath(...segments: string[]): string {
  let directory = __dirname;
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory);
  return join(directory, ...segments);
}
