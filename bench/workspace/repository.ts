import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';

const FILES = 10_000;
const FILES_PER_DIRECTORY = 8;
const WORDS =
  'const let function return import export from type interface readonly string number value error result async await for if else throw new class this super private public static get set'.split(
    ' ',
  );

/** Nothing may go on in the background. */
const SETTINGS = ['user.name=bench', 'user.email=bench@example.com', 'gc.auto=0', 'maintenance.auto=false'].flatMap(
  (setting) => ['-c', setting],
);

/** A repository as people have them: source-like files of 1 to 8 KiB, some links, and all of it committed. */
export function makeRepository(directory: string): void {
  for (let number = 0; number < FILES; number += 1) {
    const folder = join(directory, `src/${number % 50}/${Math.floor(number / FILES_PER_DIRECTORY) % 25}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `file-${number}.ts`), sourceOf(number));
    if (number % 500 === 0) symlinkSync(`file-${number}.ts`, join(folder, `link-${number}`));
  }
  const git = (...args: string[]): unknown => execFileSync('git', [...SETTINGS, ...args], { cwd: directory });
  git('init', '-q');
  git('add', '.');
  git('commit', '-qm', 'all');
  git('gc', '-q');
}

/** A file of a gigabyte, half of it random. */
export function makeLargeFile(directory: string): void {
  const descriptor = openSync(join(directory, 'large'), 'w');
  for (let megabyte = 0; megabyte < 1_024; megabyte += 1) {
    writeSync(descriptor, Buffer.concat([randomBytes(524_288), Buffer.alloc(524_288, `line ${megabyte}\n`)]));
  }
  closeSync(descriptor);
}

function sourceOf(seed: number): string {
  const length = 1_024 + ((seed * 7_919) % 7_168);
  let text = '';
  for (let at = seed; text.length < length; at = (at * 1_103_515_245 + 12_345) % 2_147_483_648) {
    text += `${WORDS[at % WORDS.length] ?? ''}${at % 5 === 0 ? ` ${at.toString(36)};\n  ` : ' '}`;
  }
  return text.slice(0, length);
}
