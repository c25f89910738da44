import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a person puts the values of secrets, in the folder of the run's state. */
export const SECRETS_FILE = 'secrets.json';

const FORM = 'expected { "<name or logical id of a secret>": "<its value, as text or as an object>" }';

/**
 * Reads the values that a person gave, by name or logical id of the secret; none when there is no file.
 *
 * @param state folder of the run's state
 * @throws Error naming the file and what is wrong, never what is in it
 */
export function readSecretsFile(state: string): ReadonlyMap<string, string> {
  const file = join(state, SECRETS_FILE);
  if (!existsSync(file)) return new Map();
  const { content, mistake } = parse(readFileSync(file, 'utf8'));
  if (mistake !== undefined) throw new Error(`${file} is not JSON${mistake}; ${FORM}`);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new Error(`${file} does not hold a JSON object; ${FORM}`);
  }
  return new Map(
    Object.entries(content).map(([name, value]: [string, unknown]) => {
      if (typeof value === 'string' && value !== '') return [name, value];
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return [name, JSON.stringify(value)];
      const found = Array.isArray(value)
        ? 'a list'
        : value === ''
          ? 'empty'
          : value === null
            ? 'null'
            : `a ${typeof value}`;
      throw new Error(`"${name}" in ${file} is ${found}; ${FORM}`);
    }),
  );
}

/** The parser's own message quotes the text around the mistake, which is likely to be a secret; only its place is kept. */
function parse(text: string): { readonly content?: unknown; readonly mistake?: string } {
  try {
    return { content: JSON.parse(text) };
  } catch (error) {
    const [place] = /line \d+ column \d+/.exec(error instanceof Error ? error.message : '') ?? [];
    return { mistake: place === undefined ? '' : ` (${place})` };
  }
}
