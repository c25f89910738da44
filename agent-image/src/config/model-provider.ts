import { ConfigError, jsonObject, quoted } from './variables.ts';
import { isSafeUrl } from './safe-url.ts';
import { SECRET_ARN } from './secret-arns.ts';

/** Who serves the models. */
export type ModelProvider =
  | { readonly type: 'bedrock' }
  | (KeyInSecret & { readonly type: 'anthropicApi' })
  | (KeyInSecret & {
      readonly type: 'compatibleEndpoint';
      /** Where `/v1/messages` is appended. */
      readonly url: string;
      /** How the key is sent: as `x-api-key`, or as `Authorization: Bearer`. */
      readonly header: KeyHeader;
    });

export interface KeyInSecret {
  readonly secretArn: string;
  /** Key of the secret's JSON; the whole secret is the key of the provider when missing. */
  readonly secretField?: string;
}

export type KeyHeader = 'x-api-key' | 'authorization';

const NAME = 'AGENT_MODEL_PROVIDER';
const KEYS = {
  anthropicApi: ['type', 'secretArn', 'secretField'],
  compatibleEndpoint: ['type', 'url', 'secretArn', 'secretField', 'header'],
};
const EXAMPLE =
  '{"type":"anthropicApi","secretArn":"arn:aws:secretsmanager:eu-west-1:111122223333:secret:anthropic-AbCdEf"}';

/**
 * Reads `AGENT_MODEL_PROVIDER`; not set means Amazon Bedrock.
 *
 * @throws ConfigError saying which field is wrong
 */
export function readModelProvider(env: NodeJS.ProcessEnv): ModelProvider {
  const value = jsonObject(env, NAME, KEYS.compatibleEndpoint, EXAMPLE);
  switch (value?.type) {
    case undefined:
      if (value === undefined) return { type: 'bedrock' };
      break;
    case 'anthropicApi':
      jsonObject(env, NAME, KEYS.anthropicApi, EXAMPLE);
      return { type: 'anthropicApi', ...keyInSecret(value) };
    case 'compatibleEndpoint':
      return { type: 'compatibleEndpoint', ...keyInSecret(value), url: url(value.url), header: header(value.header) };
  }
  const allowed = 'allowed are "anthropicApi" and "compatibleEndpoint"; without the variable it is Amazon Bedrock';
  throw new ConfigError(`${NAME} has no known "type": ${allowed}.`);
}

function keyInSecret({ secretArn, secretField }: Readonly<Record<string, unknown>>): KeyInSecret {
  // Not repeated: who puts the key itself here, by mistake, must not find it in the log.
  if (typeof secretArn !== 'string' || !SECRET_ARN.test(secretArn)) {
    throw new ConfigError(`${NAME} has no "secretArn" that is the ARN of a secret: give it as in ${EXAMPLE}.`);
  }
  if (secretField === undefined) {
    return { secretArn };
  }
  if (typeof secretField !== 'string' || secretField === '') {
    const remedy = "give a key of the secret's JSON, or leave it out when the whole secret is the key";
    throw new ConfigError(`${NAME} has a "secretField" that is not text: ${remedy}.`);
  }
  return { secretArn, secretField };
}

/** Prompts and the key go there. */
function url(value: unknown): string {
  if (!isSafeUrl(value)) {
    const rule = 'give an https address without credentials, query and fragment, such as https://models.example.com';
    throw new ConfigError(`${NAME} has a "url" that the key cannot be sent to: ${rule}.`);
  }
  return new URL(value).href.replace(/\/+$/, '');
}

function header(value: unknown = 'authorization'): KeyHeader {
  if (value !== 'x-api-key' && value !== 'authorization') {
    const given = quoted(String(value));
    throw new ConfigError(`${NAME} has the "header" ${given}: allowed are "authorization" (default) and "x-api-key".`);
  }
  return value;
}
