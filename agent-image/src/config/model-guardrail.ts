import type { ModelProvider } from './model-provider.ts';
import { ConfigError, jsonObject } from './variables.ts';

/** The guardrail of Amazon Bedrock around every model call. */
export interface ModelGuardrail {
  /** Id or ARN. */
  readonly id: string;
  /** A number, or `DRAFT`. */
  readonly version: string;
}

const NAME = 'AGENT_GUARDRAIL';
const EXAMPLE = '{"id":"arn:aws:bedrock:eu-west-1:111122223333:guardrail/abc123","version":"1"}';

/** Source of both: the API reference of Amazon Bedrock, `guardrailIdentifier` and `guardrailVersion` of InvokeModel. */
const ID = /^([a-z0-9]{1,64}|arn:aws[a-z-]*:bedrock:[a-z0-9-]{1,20}:\d{12}:guardrail\/[a-z0-9]+)$/;
const VERSION = /^([1-9]\d{0,7}|DRAFT)$/;

/**
 * Reads `AGENT_GUARDRAIL`.
 *
 * @throws ConfigError when it is no guardrail, or the models are elsewhere: no guardrail would be applied there
 */
export function readModelGuardrail(env: NodeJS.ProcessEnv, provider: ModelProvider): ModelGuardrail | undefined {
  const value = jsonObject(env, NAME, ['id', 'version'], EXAMPLE);
  if (value === undefined) {
    return undefined;
  }
  const { id, version } = value;
  if (typeof id !== 'string' || !ID.test(id) || typeof version !== 'string' || !VERSION.test(version)) {
    const rule = '"id" is the id or ARN of a guardrail, "version" a number from 1 or "DRAFT", both as text';
    throw new ConfigError(`${NAME} names no guardrail: ${rule}, as in ${EXAMPLE}.`);
  }
  if (provider.type !== 'bedrock') {
    const remedy = 'take AGENT_GUARDRAIL out, or AGENT_MODEL_PROVIDER so that Bedrock serves the models';
    throw new ConfigError(`${NAME} is set, and guardrails of Amazon Bedrock reach no other provider: ${remedy}.`);
  }
  return { id, version };
}
