import { isAbsolute } from 'node:path';

/** The environment is wrong; the message names the variable and says what is allowed. */
export class ConfigError extends Error {}

/** A variable that is set to nothing counts as not set. */
export function optional(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}

/** @throws ConfigError when the path is not absolute */
export function directory(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = optional(env, name);
  if (value !== undefined && !isAbsolute(value)) {
    throw new ConfigError(`${name} is ${quoted(value)}: give an absolute path.`);
  }
  return value;
}

/**
 * A variable that matches `pattern`.
 *
 * @param rule what is allowed, as the end of a sentence
 * @throws ConfigError when it does not match
 */
export function matching(env: NodeJS.ProcessEnv, name: string, pattern: RegExp, rule: string): string | undefined {
  const value = optional(env, name);
  if (value !== undefined && !pattern.test(value)) {
    throw new ConfigError(`${name} is ${quoted(value)}: ${rule}.`);
  }
  return value;
}

/** @throws ConfigError when the value is none of `allowed` */
export function oneOf<T extends string>(env: NodeJS.ProcessEnv, name: string, allowed: readonly T[]): T | undefined {
  const value = optional(env, name);
  const entry = allowed.find((known) => known === value);
  if (value !== undefined && entry === undefined) {
    throw new ConfigError(`${name} is ${quoted(value)}: give ${allowed.join(' or ')}.`);
  }
  return entry;
}

/**
 * A comma-separated list of some of `allowed`, each at most once.
 *
 * @throws ConfigError naming the first entry that is none of them, or is there twice
 */
export function listOf<T extends string>(
  env: NodeJS.ProcessEnv,
  name: string,
  allowed: readonly T[],
): readonly [T, ...T[]] | undefined {
  const value = optional(env, name);
  if (value === undefined) {
    return undefined;
  }
  const rule = `give some of ${allowed.join(', ')}, each once, with commas between them`;
  const entries = value.split(',').map((text) => {
    const entry = allowed.find((known) => known === text.trim());
    if (entry === undefined) {
      throw new ConfigError(`${name} has ${quoted(text.trim())}: ${rule}.`);
    }
    return entry;
  });
  const [first, ...others] = entries;
  if (first === undefined || new Set(entries).size < entries.length) {
    throw new ConfigError(`${name} is ${quoted(value)}, which repeats an entry: ${rule}.`);
  }
  return [first, ...others];
}

/**
 * A JSON object with no other keys than `keys`. The text is not repeated in errors: a credential may have got into it by
 * mistake.
 *
 * @param example shows what is allowed
 * @throws ConfigError when it is none
 */
export function jsonObject(
  env: NodeJS.ProcessEnv,
  name: string,
  keys: readonly string[],
  example: string,
): Readonly<Record<string, unknown>> | undefined {
  const value = optional(env, name);
  if (value === undefined) {
    return undefined;
  }
  const object = parsed(value);
  if (object === undefined) {
    throw new ConfigError(`${name} is not a JSON object: give one such as ${example}.`);
  }
  const unknown = Object.keys(object).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    throw new ConfigError(`${name} has the key ${quoted(unknown)}: allowed are ${keys.join(', ')}; as in ${example}.`);
  }
  return object;
}

export function quoted(value: string): string {
  return JSON.stringify(value.length > 200 ? `${value.slice(0, 200)}…` : value);
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
