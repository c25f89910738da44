// The licenses of the packages that went into a bundle. They ask to be passed on with the code, and the packages of the AWS
// SDK have them in files, not in comments that a bundler would keep.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * A comment for the end of a bundle: its packages, and the text of each license once, with those that are under it.
 *
 * @param {Iterable<string>} inputs files of the bundle
 * @param {string} root of paths that are relative
 */
export function licenseComment(inputs, root) {
  const packages = new Map();
  for (const input of inputs) {
    const [directory] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? [];
    if (directory !== undefined) packages.set(directory, resolve(root, directory));
  }
  const holders = new Map();
  for (const directory of packages.values()) {
    const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    const files = readdirSync(directory).filter((file) => /^(licen[cs]e|notice|copying)(\.|$)/i.test(file));
    if (files.length === 0 && !license) throw new Error(`${name} ${version} has no license: do not bundle it.`);
    const text =
      files.length === 0
        ? license
        : files
            .sort()
            .map((file) => readText(join(directory, file)))
            .join('\n\n');
    holders.set(text, [...(holders.get(text) ?? []), `${name} ${version}`]);
  }
  const notices = [...holders].map(([text, names]) => `${[...new Set(names)].sort().join('\n')}\n\n${text}`).sort();
  if (notices.length === 0) return '';
  const content = ['This file has code of other packages.', ...notices].join(`\n\n${'-'.repeat(60)}\n\n`);
  return `\n/*!\n${content.replaceAll('*/', '* /')}\n*/\n`;
}

/** @param {string} file */
function readText(file) {
  return readFileSync(file, 'utf8').replaceAll('\r\n', '\n').trim();
}
