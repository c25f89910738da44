import type { BytePath } from './format/entries.ts';
import { parentOf } from './format/paths.ts';

/** At the top of the working directory: what of it is not to be kept. */
export const IGNORE_FILE = '.agentignore';

/** Rules beyond these are not read: matching has to stay quick, whoever wrote them. */
const MAX_RULES = 500;
const MAX_RULE_CHARACTERS = 500;

/** What comes after so much of the file is not read either. */
export const MAX_RULES_BYTES = MAX_RULES * (MAX_RULE_CHARACTERS + 1);

interface Rule {
  /** Parts of the pattern. */
  readonly parts: readonly string[];
  readonly keeps: boolean;
  readonly directoriesOnly: boolean;
}

/** Whether a path, relative to the working directory, is not to be kept. */
export type Ignores = (path: BytePath, isDirectory: boolean) => boolean;

/**
 * Reads rules: one a line, as in a `.gitignore` without character classes and backslashes. `*` and `?` stay within a
 * name, `**` is any number of names, a slash within a rule binds it to the top, one at its end to directories, `!` keeps
 * what a rule before it left out, `#` begins a comment. All that is in a directory that is left out is left out too.
 *
 * @param text the file, with every byte as the character of the same number
 */
export function readIgnoreRules(text: string): Ignores {
  const rules = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && line.length <= MAX_RULE_CHARACTERS)
    .slice(0, MAX_RULES)
    .map(ruleOf);
  if (rules.length === 0) {
    return () => false;
  }
  const matches: Ignores = (path, isDirectory) => {
    const names = path.split('/');
    let ignored = false;
    for (const { parts, keeps, directoriesOnly } of rules) {
      if (ignored === keeps && (isDirectory || !directoriesOnly) && matchesPath(parts, names)) {
        ignored = !keeps;
      }
    }
    return ignored;
  };
  // Every directory is above many paths.
  const known = new Map<BytePath, boolean>([['', false]]);
  const ignoresDirectory = (path: BytePath): boolean => {
    const ignored = known.get(path) ?? (ignoresDirectory(parentOf(path)) || matches(path, true));
    known.set(path, ignored);
    return ignored;
  };
  return (path, isDirectory) =>
    isDirectory ? ignoresDirectory(path) : ignoresDirectory(parentOf(path)) || matches(path, false);
}

function ruleOf(line: string): Rule {
  const keeps = line.startsWith('!');
  const directoriesOnly = line.endsWith('/');
  const pattern = line.slice(keeps ? 1 : 0, directoriesOnly ? -1 : undefined);
  const isBound = pattern.includes('/');
  const parts = pattern.split('/').filter((part) => part !== '');
  return { parts: isBound ? parts : ['**', ...parts], keeps, directoriesOnly };
}

/** Every part against every name at most once, however many `**` there are. */
function matchesPath(parts: readonly string[], names: readonly string[]): boolean {
  let ends = [0];
  // After `**`, all that is behind the first end is one too.
  let openEnded = false;
  for (const [index, part] of parts.entries()) {
    const [first = names.length + 1] = ends;
    if (part === '**') {
      // At its end, a rule speaks of what is in the directory and not of the directory.
      ends = [index === parts.length - 1 ? first + 1 : first];
    } else {
      const begins = openEnded ? [...names.keys()].slice(first) : ends;
      ends = begins.filter((at) => matchesName(part, names[at])).map((at) => at + 1);
    }
    openEnded = part === '**';
  }
  return openEnded ? ends.some((end) => end <= names.length) : ends.at(-1) === names.length;
}

/** Goes back to the last `*` only, so it takes no longer than the product of both lengths. */
function matchesName(pattern: string, name: string | undefined): boolean {
  if (name === undefined) {
    return false;
  }
  let inPattern = 0;
  let inName = 0;
  let star = -1;
  let afterStar = 0;
  while (inName < name.length) {
    const wanted = pattern[inPattern];
    if (wanted === '*') {
      star = inPattern;
      inPattern += 1;
      afterStar = inName;
    } else if (wanted === '?' || wanted === name[inName]) {
      inPattern += 1;
      inName += 1;
    } else if (star >= 0) {
      afterStar += 1;
      inName = afterStar;
      inPattern = star + 1;
    } else {
      return false;
    }
  }
  return [...pattern.slice(inPattern)].every((character) => character === '*');
}
