/** Values of the secrets that the deployment names. */
export interface SessionSecrets {
  /** Key of the model provider; undefined on Amazon Bedrock, which needs none. */
  readonly modelKey?: string;
  /** By the names of the secrets: GITHUB_TOKEN for `AGENT_SECRET_GITHUB_TOKEN`. */
  readonly values: Readonly<Record<string, string>>;
  /** Keys of connections, by their names: SEARCH for `AGENT_CONNECTION_SEARCH`. */
  readonly keys?: Readonly<Record<string, string>>;
}

/** A secret cannot be had; the message is for the log: it names the secret and the reason, and repeats no value. */
export class SecretUnavailable extends Error {
  /** @param secret the variable that names it */
  constructor(secret: string, reason: string) {
    super(`The secret of ${secret} cannot be used: ${reason}.`);
    this.name = 'SecretUnavailable';
  }
}

const PLACEHOLDER = /\$\{(secret|connection):([^}]*)\}/g;

/** Where a value in a header comes from: `AGENT_SECRET_<NAME>`, or the key of `AGENT_CONNECTION_<NAME>`. */
export type ValueSource = 'secret' | 'connection';

/** The NAMEs that `text` asks for as `${secret:NAME}` or `${connection:NAME}`. */
export function placeholderNames(text: string, wanted: ValueSource): string[] {
  return [...text.matchAll(PLACEHOLDER)].flatMap(([, source, name = '']) => (source === wanted ? [name] : []));
}

/**
 * Puts values in the place of every `${secret:NAME}` and `${connection:NAME}` in the value of a header.
 *
 * @throws SecretUnavailable when there is no such secret, or its value can be in no header
 */
export function withSecrets(text: string, { values, keys = {} }: SessionSecrets): string {
  return text.replace(PLACEHOLDER, (_placeholder, source: ValueSource, name: string) => {
    const known = source === 'secret' ? values : keys;
    const secret = `AGENT_${source.toUpperCase()}_${name}`;
    const value = Object.hasOwn(known, name) ? known[name] : undefined;
    if (value === undefined) {
      throw new SecretUnavailable(secret, 'the agent has none of that name; add it to the deployment');
    }
    return headerValue(secret, value);
  });
}

/**
 * A value that can be sent in a header.
 *
 * @param secret the variable that names it
 * @throws SecretUnavailable for any other
 */
export function headerValue(secret: string, value: string): string {
  if (!/^[\x20-\x7e]+$/.test(value)) {
    const remedy = 'store the bare value; often it is a line break at its end';
    throw new SecretUnavailable(secret, `its value has characters that a header cannot have; ${remedy}`);
  }
  return value;
}
