import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { readCedar } from './cedar-statement';
import type { GatewayPolicyOptions, WrittenPolicy } from './policy-source';

const EXTENSION = '.cedar';

/** The policies of a Cedar text, and what speaks against it. */
export interface PolicyText {
  readonly policies: WrittenPolicy[];
  readonly findings: string[];
}

/**
 * The policies of a Cedar text: one for each statement. Annotations tell what is to be known of a statement beside it:
 * `@id("<name>")`, `@description("…")` and `@acceptFindings("<why>")`; they are no part of the policy.
 *
 * @param place names the text in findings
 * @param name of a single statement without an id
 */
export function readPolicyText(
  text: string,
  place: string,
  name: string | undefined,
  { description, acceptFindings = false }: GatewayPolicyOptions,
): PolicyText {
  const { statements, findings } = readCedar(text);
  if (findings.length > 0) return { policies: [], findings: findings.map((finding) => `${place}: ${finding}`) };
  if (statements.length === 0)
    return { policies: [], findings: [`${place} has no policy in it; write one, or leave it out`] };
  const policies: WrittenPolicy[] = [];
  for (const statement of statements) {
    const { annotations } = statement;
    const id = annotations.id ?? (statements.length === 1 ? name : undefined);
    if (id === undefined) {
      findings.push(`${place}: the policy in line ${statement.line} has no name; put @id("<name>") before it`);
      continue;
    }
    const told = annotations.description ?? description;
    policies.push({
      name: id,
      ...(told === undefined ? {} : { description: told }),
      acceptFindings: acceptFindings || Object.hasOwn(annotations, 'acceptFindings'),
      statement,
      place,
    });
  }
  return { policies, findings };
}

/** The policies of a file; a single one without an id is named like the file. */
export function readPolicyFile(path: string, options: GatewayPolicyOptions): PolicyText {
  const place = resolve(path);
  const stats = statSync(place, { throwIfNoEntry: false });
  if (stats?.isFile() !== true) {
    const what = stats === undefined ? 'does not exist' : 'is no file';
    return { policies: [], findings: [`the policy file "${place}" ${what}; give the path of a ${EXTENSION} file`] };
  }
  const name = basename(place, EXTENSION).replace(/[^A-Za-z0-9]+/g, '_');
  return readPolicyText(readFileSync(place, 'utf8'), path, name, options);
}

/** The policies of the files in a folder, in the order of their names. */
export function readPolicyFolder(path: string, options: GatewayPolicyOptions): PolicyText {
  const place = resolve(path);
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return {
      policies: [],
      findings: [`the policy folder "${place}" does not exist; give the path of a folder with ${EXTENSION} files`],
    };
  }
  const files = readdirSync(place).filter((name) => name.endsWith(EXTENSION) && !name.startsWith('.'));
  if (files.length === 0) {
    return {
      policies: [],
      findings: [`the policy folder "${place}" has no ${EXTENSION} files; add one, or leave it out`],
    };
  }
  const texts = files.sort().map((name) => readPolicyFile(join(path, name), options));
  return { policies: texts.flatMap(({ policies }) => policies), findings: texts.flatMap(({ findings }) => findings) };
}
