import { Token } from 'aws-cdk-lib';
import type { aws_secretsmanager as secretsmanager } from 'aws-cdk-lib';
import { AgentEnvironment } from '../agent/agent-environment';
import type { IAgent } from '../agent/agent';
import { secretStatements } from '../iam/secret-access';
import { throwFindings } from '../private/validation';
import { addModelNames, familyFindings, type ByModelRole, type IAgentModels } from './agent-models';
import { endpointUrlFindings } from './endpoint-url';

/** Names of models by role, as the provider spells them: 1 to 200 letters, digits, `.`, `_`, `:`, `/`, `@` and `-`. */
export interface ModelNames {
  /** The model that answers. */
  readonly main: string;

  /**
   * The model of small background calls.
   *
   * @default - the main model
   */
  readonly fast?: string;

  /**
   * The model of sub-agents.
   *
   * @default - the main model
   */
  readonly subagent?: string;

  /**
   * The model behind the alias `opus` of the Claude Agent SDK.
   *
   * @default - the family's name leads to no model of the agent
   */
  readonly opus?: string;

  /**
   * The model behind the alias `sonnet` of the Claude Agent SDK.
   *
   * @default - the family's name leads to no model of the agent
   */
  readonly sonnet?: string;

  /**
   * The model behind the alias `haiku` of the Claude Agent SDK.
   *
   * @default - the family's name leads to no model of the agent
   */
  readonly haiku?: string;
}

/** Models of the Anthropic API, by its own names. */
export interface AnthropicApiOptions extends Partial<ModelNames> {
  /**
   * The model that answers.
   *
   * @default 'claude-sonnet-5-5'
   */
  readonly main?: string;

  /**
   * The model of small background calls.
   *
   * @default 'claude-haiku-5-5'
   */
  readonly fast?: string;

  /**
   * The key of the secret's JSON that holds the API key.
   *
   * @default - the whole secret is the API key
   */
  readonly secretField?: string;
}

/** The header in which an endpoint expects its key. */
export enum EndpointKeyHeader {
  /** `Authorization: Bearer <key>` */
  AUTHORIZATION = 'authorization',
  /** `x-api-key: <key>` */
  X_API_KEY = 'x-api-key',
}

/** An endpoint that speaks the Messages API of Anthropic, for instance LiteLLM. */
export interface CompatibleEndpointOptions {
  /** Where it is: an https address without query, to which the agent appends `/v1/messages`. */
  readonly url: string;

  /** The secret with the key of the endpoint. */
  readonly secret: secretsmanager.ISecret;

  /** The names that the endpoint has for its models. */
  readonly models: ModelNames;

  /**
   * The header in which the endpoint expects the key.
   *
   * @default EndpointKeyHeader.AUTHORIZATION
   */
  readonly header?: EndpointKeyHeader;

  /**
   * The key of the secret's JSON that holds the key of the endpoint.
   *
   * @default - the whole secret is the key
   */
  readonly secretField?: string;
}

/** The contract with `agent-image/src/config.ts`, beside the ARN of the secret. */
type Provider =
  | { readonly type: 'anthropicApi'; readonly secretField?: string }
  | {
      readonly type: 'compatibleEndpoint';
      readonly url: string;
      readonly header: EndpointKeyHeader;
      readonly secretField?: string;
    };

/**
 * Models that are served elsewhere than on Amazon Bedrock. The agent reads the key from AWS Secrets Manager when a session
 * starts; its role may read that secret, and call no model of Amazon Bedrock.
 */
export class ModelProvider implements IAgentModels {
  /**
   * The Anthropic API.
   *
   * @param secret the secret with the API key
   * @throws Error when a name is none, is an id of Amazon Bedrock, or stands for another family than it is of
   */
  public static anthropicApi(secret: secretsmanager.ISecret, options: AnthropicApiOptions = {}): ModelProvider {
    const { main = 'claude-sonnet-5-5', fast = 'claude-haiku-5-5', secretField, ...others } = options;
    const names = byRole({ ...others, main, fast });
    throwFindings('ModelProvider.anthropicApi', [
      ...nameFindings(names),
      ...bedrockIdFindings(names),
      ...familyFindings(names),
      ...secretFieldFindings(secretField),
    ]);
    return new ModelProvider(names, secret, { type: 'anthropicApi', ...(secretField && { secretField }) });
  }

  /**
   * An endpoint that speaks the Messages API of Anthropic: a gateway such as LiteLLM, and behind it models of any maker.
   *
   * @throws Error when the address is not one that a key may be sent to, or a name is none
   */
  public static compatibleEndpoint(options: CompatibleEndpointOptions): ModelProvider {
    const { url, secret, models, header = EndpointKeyHeader.AUTHORIZATION, secretField } = options;
    const names = byRole(models);
    throwFindings('ModelProvider.compatibleEndpoint', [
      ...endpointUrlFindings(url),
      ...nameFindings(names),
      ...secretFieldFindings(secretField),
    ]);
    return new ModelProvider(names, secret, {
      type: 'compatibleEndpoint',
      url,
      header,
      ...(secretField && { secretField }),
    });
  }

  public readonly onBedrock = false;

  private constructor(
    private readonly names: ByModelRole<string | undefined>,
    private readonly secret: secretsmanager.ISecret,
    private readonly provider: Provider,
  ) {}

  /** The names that the provider has for the models. */
  public get modelNames(): readonly string[] {
    return [...new Set(Object.values(this.names).filter((name) => name !== undefined))];
  }

  public bindToAgent(agent: IAgent): void {
    addModelNames(agent, this.names);
    const provider = { ...this.provider, secretArn: this.secret.secretArn };
    agent.addEnvironment(AgentEnvironment.MODEL_PROVIDER, JSON.stringify(provider));
    for (const statement of secretStatements(this.secret)) agent.grantPrincipal.addToPrincipalPolicy(statement);
  }
}

function byRole(names: ModelNames): ByModelRole<string | undefined> {
  const { main, fast = main, subagent = main, opus, sonnet, haiku } = names;
  return { main, fast, subagent, opus, sonnet, haiku };
}

/** Source of the limit: what the agent accepts in AGENT_MODEL_…. */
function nameFindings(names: ByModelRole<string | undefined>): string[] {
  return distinct(names)
    .filter((name) => !/^[A-Za-z0-9._:/@-]{1,200}$/.test(name))
    .map(
      (name) =>
        `model "${name.slice(0, 60)}" is no name of a model: 1 to 200 letters, digits, ".", "_", ":", "/", "@" and "-"; give it as the provider spells it`,
    );
}

function bedrockIdFindings(names: ByModelRole<string | undefined>): string[] {
  return distinct(names)
    .filter((name) => /(^|[.:/])anthropic\.claude-/.test(name))
    .map(
      (name) =>
        `model "${name}" is an id of Amazon Bedrock, which the Anthropic API does not know; give its own name, for instance "claude-sonnet-5-5"`,
    );
}

/** What can be looked at now. */
function distinct(names: ByModelRole<string | undefined>): string[] {
  const given = Object.values(names).filter((name) => name !== undefined);
  return [...new Set(given)].filter((name) => !Token.isUnresolved(name));
}

function secretFieldFindings(secretField: string | undefined): string[] {
  return secretField === ''
    ? ['secretField is empty; give the key of the JSON in the secret, or leave it out when the whole secret is the key']
    : [];
}
