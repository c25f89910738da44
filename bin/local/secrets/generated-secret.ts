import { randomInt } from 'node:crypto';

/** `GenerateSecretString` of a template, with the defaults of Secrets Manager. */
export interface PasswordRule {
  /** Characters of the password, 1 to 4096. */
  readonly length: number;
  /** The characters of each kind that may occur; none is empty. */
  readonly kinds: readonly string[];
  /** Whether each kind occurs at least once. */
  readonly requireEach: boolean;
  /** A JSON object that the password is put into, under `key`. */
  readonly within?: { readonly object: Readonly<Record<string, unknown>>; readonly key: string };
}

const KINDS = {
  ExcludeLowercase: 'abcdefghijklmnopqrstuvwxyz',
  ExcludeUppercase: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  ExcludeNumbers: '0123456789',
  ExcludePunctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
} as const;

const DEFAULT_LENGTH = 32;
/** Source: GetRandomPassword of the Secrets Manager API. */
const MAX_LENGTH = 4096;

/**
 * Reads `GenerateSecretString`.
 *
 * @throws Error naming the property, its value and what is allowed
 */
export function readPasswordRule(value: unknown): PasswordRule {
  const rule = value as Readonly<Record<string, unknown>>;
  const length = Number(rule.PasswordLength ?? DEFAULT_LENGTH);
  if (!Number.isInteger(length) || length < 1 || length > MAX_LENGTH) {
    throw new Error(`PasswordLength is ${String(rule.PasswordLength)}; expected a number from 1 to ${MAX_LENGTH}`);
  }
  const excluded = typeof rule.ExcludeCharacters === 'string' ? rule.ExcludeCharacters : '';
  const kinds = [
    ...Object.entries(KINDS).flatMap(([exclusion, characters]) => (isTrue(rule[exclusion]) ? [] : [characters])),
    ...(isTrue(rule.IncludeSpace) ? [' '] : []),
  ]
    .map((characters) => [...characters].filter((character) => !excluded.includes(character)).join(''))
    .filter((characters) => characters !== '');
  const requireEach = !isFalse(rule.RequireEachIncludedType);
  if (kinds.length === 0) throw new Error('its GenerateSecretString excludes every character; allow some');
  if (requireEach && kinds.length > length) {
    throw new Error(
      `PasswordLength is ${length}, too short for one character of each of ${kinds.length} kinds; make it longer`,
    );
  }
  const within = template(rule);
  return { length, kinds, requireEach, ...(within === undefined ? {} : { within }) };
}

/** A new value by `rule`. */
export function generateSecret({ length, kinds, requireEach, within }: PasswordRule): string {
  const all = kinds.join('');
  const characters = requireEach ? kinds.map(pick) : [];
  while (characters.length < length) characters.push(pick(all));
  const password = shuffled(characters).join('');
  return within === undefined ? password : JSON.stringify({ ...within.object, [within.key]: password });
}

function template(rule: Readonly<Record<string, unknown>>): PasswordRule['within'] {
  const { SecretStringTemplate: text, GenerateStringKey: key } = rule;
  if (text === undefined && key === undefined) return undefined;
  const object = typeof text === 'string' ? parse(text) : undefined;
  if (typeof key !== 'string' || key === '' || typeof object !== 'object' || object === null || Array.isArray(object)) {
    throw new Error(
      'SecretStringTemplate must be a JSON object, and GenerateStringKey name the field for the password',
    );
  }
  return { object: object as Readonly<Record<string, unknown>>, key };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function pick(characters: string): string {
  return characters.charAt(randomInt(characters.length));
}

function shuffled(items: readonly string[]): string[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    const [here, there] = [mixed[last] ?? '', mixed[other] ?? ''];
    mixed[last] = there;
    mixed[other] = here;
  }
  return mixed;
}

/** Templates hold booleans as such or as text. */
function isTrue(value: unknown): boolean {
  return String(value) === 'true';
}

function isFalse(value: unknown): boolean {
  return String(value) === 'false';
}
