import { join } from 'node:path';
import { type CodeInterpreterConfig, readCodeInterpreter } from './config/code-interpreter.ts';
import { type ConnectionConfig, readConnections } from './config/connections.ts';
import type { AgentDirectories } from './config/directories.ts';
import { type GatewayConfig, readGateways } from './config/gateways.ts';
import { type ModelGuardrail, readModelGuardrail } from './config/model-guardrail.ts';
import { type ModelProvider, readModelProvider } from './config/model-provider.ts';
import { type AgentModels, readModels } from './config/models.ts';
import { readSecretArns } from './config/secret-arns.ts';
import { readSessionLimits } from './config/session-limits.ts';
import { readSessionTable, type SessionTableConfig } from './config/session-table.ts';
import { readTracing, type TracingConfig } from './config/tracing.ts';
import { readUserAccess, type UserAccess } from './config/user-access.ts';
import { ConfigError, directory, listOf, matching, oneOf, optional } from './config/variables.ts';
import { readWorkspaceBucket, type WorkspaceBucket } from './config/workspace-bucket.ts';
import type { SessionLimits } from './limits.ts';
import type { PermissionMode } from './protocol.ts';

export { prepareDirectories } from './config/directories.ts';
export type { ModelProvider } from './config/model-provider.ts';
export type { AgentModels } from './config/models.ts';
export { ConfigError } from './config/variables.ts';

/** Whose word names the user: the token that AgentCore verified, or the caller that AgentCore let in. */
export type Authorizer = 'jwt' | 'iam';

/** What a request may choose itself. */
export type CallerOverride = 'model' | 'systemPrompt';

/** How this container is to run; read once, at start. */
export interface AgentConfig extends AgentDirectories {
  /** Names the agent in metrics; `agent` by default. */
  readonly agentName: string;
  /** Address to listen on; every address by default, as AgentCore needs it. */
  readonly host: string;
  /** Port to listen on; 8080 by default, as AgentCore needs it. 0 takes a free one. */
  readonly port: number;
  readonly region: string;
  readonly provider: ModelProvider;
  readonly models: AgentModels;
  readonly guardrail?: ModelGuardrail;
  readonly codeInterpreter?: CodeInterpreterConfig;
  /** Missing when sessions are kept in the container alone. */
  readonly workspaceBucket?: WorkspaceBucket;
  /** Gateways whose tools the agent has. */
  readonly gateways: readonly GatewayConfig[];
  /** Accounts of the user and keys that AgentCore Identity keeps. */
  readonly connections: readonly ConnectionConfig[];
  /** Missing when the agent reaches nothing of its users. */
  readonly userAccess?: UserAccess;
  /** Missing when sessions are listed nowhere. */
  readonly sessionTable?: SessionTableConfig;
  /** ARNs of the secrets of the agent, by their names. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly limits: SessionLimits;
  readonly authorizer: Authorizer;
  /** The first is where a session begins. */
  readonly permissionModes: readonly [PermissionMode, ...PermissionMode[]];
  readonly callerOverrides: readonly CallerOverride[];
  /** CloudWatch namespace of the agent's own metrics. */
  readonly metricsNamespace: string;
  /** Whether prompts and answers are written into the log. */
  readonly logPrompts: boolean;
  /** Missing when the agent sends no spans. */
  readonly tracing?: TracingConfig;
  readonly home: string;
  /** Where the definition is, when it is not beside the program. */
  readonly definitionDirectory?: string;
}

/** What a deployment has that names no modes: all but the one in which nobody is asked. */
const USUAL_MODES: readonly [PermissionMode, ...PermissionMode[]] = ['ask', 'acceptEdits', 'plan'];

/**
 * Reads the environment.
 *
 * @throws ConfigError naming the first variable that is missing or wrong
 */
export function readConfig(env: NodeJS.ProcessEnv): AgentConfig {
  const provider = readModelProvider(env);
  const models = readModels(env, provider);
  const guardrail = readModelGuardrail(env, provider);
  const codeInterpreter = readCodeInterpreter(env);
  const workspaceBucket = readWorkspaceBucket(env);
  const authorizer = oneOf(env, 'AGENT_AUTHORIZER', ['jwt', 'iam']) ?? 'iam';
  const gateways = readGateways(env, authorizer);
  const userAccess = readUserAccess(env, authorizer);
  const sessionTable = readSessionTable(env, userAccess);
  const home = directory(env, 'HOME');
  if (home === undefined) {
    throw new ConfigError('HOME is not set: give the absolute path of a directory that the agent may write to.');
  }
  const definitionDirectory = directory(env, 'AGENT_DEFINITION_DIR');
  const name = agentName(env);
  const ownRegion = region(env);
  const tracing = readTracing(env, ownRegion, name);
  return {
    agentName: name,
    host: optional(env, 'HOST') ?? '0.0.0.0',
    port: port(env),
    region: ownRegion,
    provider,
    models,
    ...(guardrail && { guardrail }),
    ...(codeInterpreter && { codeInterpreter }),
    ...(workspaceBucket && { workspaceBucket }),
    gateways,
    connections: readConnections(
      env,
      gateways.map(({ name }) => name),
    ),
    ...(userAccess && { userAccess }),
    ...(sessionTable && { sessionTable }),
    secrets: readSecretArns(env),
    limits: readSessionLimits(env),
    authorizer,
    permissionModes: listOf(env, 'AGENT_PERMISSION_MODES', [...USUAL_MODES, 'bypass']) ?? USUAL_MODES,
    callerOverrides: listOf(env, 'AGENT_CALLER_OVERRIDES', ['model', 'systemPrompt']) ?? [],
    metricsNamespace: metricsNamespace(env),
    logPrompts: oneOf(env, 'AGENT_LOG_PROMPTS', ['0', '1']) === '1',
    ...(tracing && { tracing }),
    home,
    configDirectory: directory(env, 'CLAUDE_CONFIG_DIR') ?? join(home, '.claude'),
    workspaceDirectory: directory(env, 'AGENT_WORKSPACE_DIR') ?? join(home, 'workspace'),
    ...(definitionDirectory !== undefined && { definitionDirectory }),
  };
}

function agentName(env: NodeJS.ProcessEnv): string {
  const rule = 'give 1 to 48 letters, digits and underscores';
  return matching(env, 'AGENT_NAME', /^[A-Za-z0-9_]{1,48}$/, rule) ?? 'agent';
}

/** Source of the limit: the reference of CloudWatch's PutMetricData. */
function metricsNamespace(env: NodeJS.ProcessEnv): string {
  const rule = 'give 1 to 255 letters, digits, ".", "_", "/", "#", ":" and "-", not beginning with "AWS/"';
  return matching(env, 'AGENT_METRICS_NAMESPACE', /^(?!AWS\/)[A-Za-z0-9._/#:-]{1,255}$/, rule) ?? 'ClaudeAgents';
}

function region(env: NodeJS.ProcessEnv): string {
  const value = matching(env, 'AWS_REGION', /^[a-z]{2,5}(-[a-z]+)+-\d+$/, 'give a Region such as eu-west-1');
  if (value === undefined) {
    throw new ConfigError('AWS_REGION is not set: give the Region of the agent, for example eu-west-1.');
  }
  return value;
}

function port(env: NodeJS.ProcessEnv): number {
  const rule = 'give a number from 0 (any free port) to 65535';
  const value = matching(env, 'PORT', /^\d{1,5}$/, rule) ?? '8080';
  if (Number(value) > 65_535) {
    throw new ConfigError(`PORT is "${value}": ${rule}.`);
  }
  return Number(value);
}
