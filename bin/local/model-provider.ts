import { randomUUID } from 'node:crypto';
import type { ModelChoice } from './model-choice';
import type { LocalRuntime } from './resources/runtime';
import type { SecretStore } from './secrets/secret-store';

/** How a runtime names a provider of its models other than Amazon Bedrock. */
const VARIABLE = 'AGENT_MODEL_PROVIDER';
/** Moves the calls of the Anthropic API. */
const BASE_URL = 'ANTHROPIC_BASE_URL';

/** The key of a provider, and the header that it comes in: bare in `x-api-key`, as a bearer token otherwise. */
export interface ProviderKey {
  readonly header: 'x-api-key' | 'authorization';
  readonly key: string;
}

/** What a runtime that does not use Amazon Bedrock is given on this machine. */
export interface ProviderAccess {
  readonly environment: Readonly<Record<string, string>>;
  /** The key that the scripted model accepts; undefined when the real provider is called. */
  readonly key?: ProviderKey;
  /** Which model answers, and why, for the person who started the run. */
  readonly description: string;
}

interface Provider {
  readonly type: 'anthropicApi' | 'compatibleEndpoint';
  readonly url?: string;
  readonly secretArn: string;
  readonly secretField?: string;
  readonly header?: ProviderKey['header'];
}

/**
 * The model behind a runtime whose environment names another provider than Amazon Bedrock: that provider, when it is
 * asked for and its key is there, otherwise the scripted model at `endpoint`. Undefined for a runtime on Amazon Bedrock.
 *
 * @throws Error when the variable of the runtime is not what agents read
 */
export function providerAccess(
  runtime: LocalRuntime,
  choice: ModelChoice,
  secrets: SecretStore,
  endpoint: string,
): ProviderAccess | undefined {
  const text = runtime.environment[VARIABLE];
  if (text === undefined) return undefined;
  const provider = readProvider(text, runtime.name);
  const { secretArn, secretField, type } = provider;
  const what = type === 'anthropicApi' ? 'the Anthropic API' : (provider.url ?? '');
  const secret = secrets.find(secretArn, runtime);
  if (choice === 'provider' && secret.isGiven) {
    return {
      environment: {},
      description: `model of runtime ${runtime.name}: ${what} with the key in the secret ${secret.name}, because it was asked for; calls cost money`,
    };
  }

  const reason =
    choice === 'provider'
      ? `${what} was asked for but ${secrets.advice(secret.name)}`
      : `${what} was not asked for (--model provider does)`;
  const madeUp = `scripted-model-${randomUUID()}`;
  secrets.standIn(secretArn, secretField === undefined ? madeUp : JSON.stringify({ [secretField]: madeUp }));
  const key = fieldOf(secrets.find(secretArn, runtime).value ?? '', secretField);
  const header = type === 'anthropicApi' ? 'x-api-key' : (provider.header ?? 'authorization');
  return {
    environment:
      type === 'anthropicApi'
        ? { [BASE_URL]: endpoint }
        : { [VARIABLE]: JSON.stringify({ ...provider, url: endpoint }) },
    ...(key === undefined ? {} : { key: { header, key } }),
    description: `model of runtime ${runtime.name}: scripted, not Claude, because ${reason}`,
  };
}

function readProvider(text: string, runtime: string): Provider {
  let value: Partial<Provider> | null;
  try {
    value = JSON.parse(text) as Partial<Provider> | null;
  } catch {
    value = null;
  }
  const isKnown = value?.type === 'anthropicApi' || (value?.type === 'compatibleEndpoint' && value.url !== undefined);
  if (!isKnown || typeof value?.secretArn !== 'string') {
    throw new Error(
      `${VARIABLE} of runtime ${runtime} is ${text}; expected JSON such as ` +
        '{"type":"anthropicApi","secretArn":"arn:…"} or {"type":"compatibleEndpoint","url":"https://…","secretArn":"arn:…"}',
    );
  }
  return value as Provider;
}

function fieldOf(secret: string, field: string | undefined): string | undefined {
  if (field === undefined) return secret;
  try {
    const value = (JSON.parse(secret) as Readonly<Record<string, unknown>> | null)?.[field];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
