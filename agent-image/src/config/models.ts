import type { ModelProvider } from './model-provider.ts';
import { ConfigError, matching } from './variables.ts';

/** On Bedrock: inference profile ids, model ids or ARNs. Elsewhere: names as the provider spells them. */
export interface AgentModels {
  readonly main: string;
  /** Small background calls. */
  readonly fast: string;
  readonly subagent: string;
  /** Behind the SDK's alias of that name. */
  readonly opus?: string;
  readonly sonnet?: string;
  readonly haiku?: string;
}

interface ModelRule {
  readonly pattern: RegExp;
  readonly rule: string;
}

const BEDROCK: ModelRule = {
  pattern:
    /^(([a-z]{2,10}(-[a-z]{2,10})?\.)?anthropic\.[A-Za-z0-9][A-Za-z0-9.:_-]*|arn:aws[a-z-]*:bedrock:[a-z0-9-]+:(\d{12})?:[a-z-]+\/[A-Za-z0-9.:_/-]+)$/,
  rule: 'give an inference profile id such as global.anthropic.claude-sonnet-5-5, a model id such as anthropic.claude-sonnet-5-5, or a Bedrock ARN',
};

const ELSEWHERE: ModelRule = {
  pattern: /^[A-Za-z0-9._:/@-]{1,200}$/,
  rule: 'give the name that the model provider has for the model, 1 to 200 letters, digits, ".", "_", ":", "/", "@" and "-"',
};

/**
 * Reads `AGENT_MODEL_MAIN`, `_FAST`, `_SUBAGENT`, `_OPUS`, `_SONNET` and `_HAIKU`; only the first is needed.
 *
 * @throws ConfigError naming the variable
 */
export function readModels(env: NodeJS.ProcessEnv, provider: ModelProvider): AgentModels {
  const { pattern, rule } = provider.type === 'bedrock' ? BEDROCK : ELSEWHERE;
  const model = (role: string): string | undefined => matching(env, `AGENT_MODEL_${role}`, pattern, rule);
  const main = model('MAIN');
  if (main === undefined) {
    throw new ConfigError(`AGENT_MODEL_MAIN is not set: ${rule}.`);
  }
  const [opus, sonnet, haiku] = [model('OPUS'), model('SONNET'), model('HAIKU')];
  return {
    ...{ main, fast: model('FAST') ?? main, subagent: model('SUBAGENT') ?? main },
    ...(opus !== undefined && { opus }),
    ...(sonnet !== undefined && { sonnet }),
    ...(haiku !== undefined && { haiku }),
  };
}
