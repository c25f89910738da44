import type { aws_bedrockagentcore as agentcore, aws_iam as iam } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** What an agent demands of the tokens of its callers. */
export interface AcceptedTokens {
  /**
   * What `client_id` may say.
   *
   * @default - the client is not looked at
   */
  readonly allowedClients?: readonly string[];

  /**
   * What the token has to be meant for: `aud` must name one of them.
   *
   * @default - the audience is not looked at
   */
  readonly allowedAudiences?: readonly string[];

  /**
   * Of which `scope` must have one.
   *
   * @default - scopes are not looked at
   */
  readonly allowedScopes?: readonly string[];

  /**
   * What other claims must say; all of it.
   *
   * @default - no other claim is looked at
   */
  readonly customClaims?: readonly agentcore.RuntimeCustomClaim[];
}

/** An agent, as seen by what it may use. */
export interface IAgent extends IConstruct, iam.IGrantable {
  /** The name of the agent's runtime, known at synthesis. */
  readonly agentName: string;

  /**
   * A limit for the roles that are made for the agent.
   *
   * @default - no boundary
   */
  readonly permissionsBoundary?: iam.IManagedPolicy;

  /** The id of the agent's runtime; only the deployment knows it. To be asked for once the agent is defined, so in a `Lazy`. */
  readonly runtimeId: string;

  /**
   * The discovery document of the provider whose tokens callers bring.
   *
   * @default - callers sign with IAM credentials
   */
  readonly discoveryUrl?: string;

  /**
   * Which tokens are accepted of callers.
   *
   * @default - not known, or callers sign with IAM credentials
   */
  readonly authorizer?: { readonly accepted?: AcceptedTokens };

  /** What the agent was given when it was defined, bound to it already or not. */
  readonly capabilities: readonly IAgentCapability[];

  /**
   * Has the agent see a header of its requests.
   *
   * @throws Error when AgentCore does not pass the header on, or passes on as many as it can
   */
  addRequestHeader(name: string): void;

  /**
   * Sets an environment variable of the agent.
   *
   * @throws Error when the name is not a legal variable name, or is set already to another value
   */
  addEnvironment(name: string, value: string): void;
}

/** Something an agent can be given: a model, a workspace, a code interpreter, a gateway, a memory. */
export interface IAgentCapability {
  /** Gives `agent` this capability: its environment and its permissions. */
  bindToAgent(agent: IAgent): void;
}
