import type {
  aws_bedrockagentcore as agentcore,
  aws_iam as iam,
  aws_kms as kms,
  aws_logs as logs,
  aws_secretsmanager as secretsmanager,
  Duration,
} from 'aws-cdk-lib';
import type { IAgentCapability } from '../agent/agent';
import type { AgentAuthorizer } from '../auth/agent-authorizer';
import type { IAgentModels } from '../model/agent-models';
import type { ModelGuardrail } from '../model/model-guardrail';
import type { AgentFileSystem } from './agent-file-system';
import type { AgentImage } from './agent-image';
import type { AgentNetwork } from './agent-network';
import type { AgentSettings } from './agent-settings';

/** Properties of an AgentRuntime. */
export interface AgentRuntimeProps extends AgentSettings {
  /** What the agent runs. */
  readonly image: AgentImage;

  /**
   * The models that the agent may call; it may call no other. `ClaudeModels` are those of Amazon Bedrock, `ModelProvider`
   * has others.
   *
   * @default - Claude Sonnet 5.5, and Claude Haiku 5.5 for background calls, through their global inference profiles
   */
  readonly models?: IAgentModels;

  /**
   * A guardrail of Amazon Bedrock around every model call; calls without it are refused.
   *
   * @default - no guardrail
   */
  readonly guardrail?: ModelGuardrail;

  /**
   * Secrets that the agent reads when a session starts, by name: a capital letter, then up to 63 capital letters, digits
   * and underscores. The definition of the agent puts one into a header of an MCP server as `${secret:NAME}`.
   *
   * @default - none
   */
  readonly secrets?: Record<string, secretsmanager.ISecret>;

  /**
   * Who may call the agent.
   *
   * @default AgentAuthorizer.iam()
   */
  readonly authorizer?: AgentAuthorizer;

  /**
   * What the agent may use besides its models.
   *
   * @default - nothing
   */
  readonly capabilities?: IAgentCapability[];

  /**
   * Environment variables of the agent: up to 50 with those of this library, values up to 2,048 characters, and names and
   * values of all together up to 4,096 bytes on platform version V1 and 2,560 on V2. The names of this library
   * (`AGENT_MODEL_MAIN`, `AGENT_SECRET_…` and the like) are refused: each has a property of its own.
   *
   * @default - only those of this library: name, authorizer and models of the agent, and what other properties and
   * capabilities need
   */
  readonly environment?: Record<string, string>;

  /**
   * The name of the runtime: a letter, then letters, digits and underscores, 48 at the most. Changing it replaces the
   * runtime.
   *
   * @default - made from the path of the construct
   */
  readonly runtimeName?: string;

  /**
   * What the agent is for, 1 to 1,200 characters.
   *
   * @default - no description
   */
  readonly description?: string;

  /**
   * Where the microVMs reach the network.
   *
   * @default AgentNetwork.publicInternet()
   */
  readonly network?: AgentNetwork;

  /**
   * File systems that are mounted into the microVMs: 5 at the most.
   *
   * @default - none
   */
  readonly fileSystems?: AgentFileSystem[];

  /**
   * Request headers that reach the agent, besides those that tell it its user: 20 in all. AgentCore drops every other one.
   *
   * @default - only the header of the authorizer: `Authorization`, or the custom user id with IAM
   */
  readonly requestHeaders?: string[];

  /**
   * After how long without a request a session ends: 1 minute to 8 hours. A busy agent is not idle.
   *
   * @default Duration.minutes(15)
   */
  readonly idleTimeout?: Duration;

  /**
   * After how long a session ends in any case: 1 minute to 8 hours. The next request under its id starts a new microVM.
   *
   * @default Duration.hours(8)
   */
  readonly maxLifetime?: Duration;

  /**
   * The protocol that the image speaks. The image of this library speaks HTTP and AG-UI, both at
   * `POST /invocations`.
   *
   * @default ProtocolType.HTTP
   */
  readonly protocol?: agentcore.ProtocolType;

  /**
   * Whether AgentCore logs every request and answer with its payload, beside what the agent logs itself. They hold what
   * people and models say: decide who may read the log before you switch this on.
   *
   * @default false
   */
  readonly applicationLogs?: boolean;

  /**
   * Whether it is logged what each session uses of processors and memory, every second.
   *
   * @default false
   */
  readonly usageLogs?: boolean;

  /**
   * How long log events are kept.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * The key that encrypts the logs. The policy of a key that is imported must let CloudWatch Logs use it.
   *
   * @default - a key of CloudWatch Logs
   */
  readonly logEncryptionKey?: kms.IKey;

  /**
   * A role to run with instead of one of the agent's own. It is not changed and nothing is attached to it: it must allow
   * `requiredPermissions` and trust `requiredTrust` of the agent before the runtime is made.
   *
   * @default - a role that allows what is granted to the agent, trusted by AgentCore for this account and runtime only
   */
  readonly role?: iam.IRole;

  /**
   * What the execution role may do at the most, whatever it is granted. Not together with `role`.
   *
   * @default - no boundary
   */
  readonly permissionsBoundary?: iam.IManagedPolicy;

  /**
   * Tags of every resource that the agent consists of: 50 at the most.
   *
   * @default - those of the stack
   */
  readonly tags?: Record<string, string>;

  /**
   * The version of the platform that runs the microVMs. V2 restores every session from one snapshot, random state
   * included: choose it only for an image that is made for that.
   *
   * @default PlatformVersion.V1
   */
  readonly platformVersion?: agentcore.PlatformVersion;
}
