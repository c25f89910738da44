import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { AgentEnvironment } from '../agent/agent-environment';
import { DEFAULT_AGENT_NAMESPACE } from '../metrics/agent-metrics';
import { repeated } from '../private/repeated';

/** How a session decides whether a tool may be used. */
export enum PermissionMode {
  /** Reading is allowed, everything else asks the user. */
  ASK = 'ask',
  /** As ASK, and files in the workspace are changed without asking. */
  ACCEPT_EDITS = 'acceptEdits',
  /** The agent reads and plans, and changes nothing. */
  PLAN = 'plan',
  /** Nothing asks: the agent uses every tool that it was given. */
  BYPASS = 'bypass',
}

/** What a request may choose for itself. */
export enum CallerOverride {
  /** The model, among those that the agent may call. */
  MODEL = 'model',
  /** The system prompt. */
  SYSTEM_PROMPT = 'systemPrompt',
}

/** What a session may use up before it ends. */
export interface SessionLimits {
  /**
   * What the model calls of a session may cost, in US dollars, by the prices that the Claude Agent SDK knows.
   *
   * @default - no limit
   */
  readonly budgetUsd?: number;

  /**
   * How many turns a session may take: whole, at least 1.
   *
   * @default - no limit
   */
  readonly turns?: number;
}

/** How the agent behaves; told to it by its environment. The image of this library knows these settings. */
export interface AgentSettings {
  /**
   * What a session may use up.
   *
   * @default - no limits
   */
  readonly limits?: SessionLimits;

  /**
   * The permission modes that a session may be in; it begins in the first.
   *
   * @default [PermissionMode.ASK, PermissionMode.ACCEPT_EDITS, PermissionMode.PLAN]
   */
  readonly permissionModes?: PermissionMode[];

  /**
   * What a request may choose for itself.
   *
   * @default - nothing
   */
  readonly callerOverrides?: CallerOverride[];

  /**
   * The CloudWatch namespace of the agent's own metrics: 1 to 255 letters, digits and `.` `-` `_` `/` `#` `:`, not beginning
   * with `AWS/`.
   *
   * @default 'ClaudeAgents'
   */
  readonly metricsNamespace?: string;

  /**
   * Whether the agent writes prompts and answers into its log, up to 2,000 characters of each. They are then kept as long
   * as the log, readable for whoever may read it.
   *
   * @default false
   */
  readonly logPrompts?: boolean;

  /**
   * Whether spans go to AWS X-Ray: those of AgentCore about each request, and those of the agent about its turns, models and
   * tools. The account must have Transaction Search, or the deployment fails: see `TransactionSearch`.
   *
   * @default false
   */
  readonly tracing?: boolean;
}

/** What the agent does when it is told nothing: these are left out, because the environment has little room. */
const DEFAULT_MODES = [PermissionMode.ASK, PermissionMode.ACCEPT_EDITS, PermissionMode.PLAN].join();

/** The environment variables of settings that are not what the agent does anyway. */
export function settingsEnvironment(scope: IConstruct, settings: AgentSettings): Record<string, string> {
  const { budgetUsd, turns } = settings.limits ?? {};
  const modes = settings.permissionModes?.join() ?? DEFAULT_MODES;
  const overrides = settings.callerOverrides?.join() ?? '';
  const namespace = settings.metricsNamespace ?? DEFAULT_AGENT_NAMESPACE;
  return {
    ...(budgetUsd === undefined && turns === undefined
      ? {}
      : // Numbers can be parameters of the stack.
        { [AgentEnvironment.LIMITS]: Stack.of(scope).toJsonString({ budgetUsd, turns }) }),
    ...(modes === DEFAULT_MODES ? {} : { [AgentEnvironment.PERMISSION_MODES]: modes }),
    ...(overrides === '' ? {} : { [AgentEnvironment.CALLER_OVERRIDES]: overrides }),
    ...(settings.logPrompts === true ? { [AgentEnvironment.LOG_PROMPTS]: '1' } : {}),
    ...(settings.tracing === true ? { [AgentEnvironment.TRACING]: '1' } : {}),
    ...(namespace === DEFAULT_AGENT_NAMESPACE ? {} : { [AgentEnvironment.METRICS_NAMESPACE]: namespace }),
  };
}

/** What speaks against these settings. */
export function settingsFindings({
  limits = {},
  permissionModes,
  callerOverrides = [],
  metricsNamespace,
}: AgentSettings): string[] {
  const { budgetUsd, turns } = limits;
  return [
    ...(budgetUsd === undefined || Token.isUnresolved(budgetUsd) || (Number.isFinite(budgetUsd) && budgetUsd > 0)
      ? []
      : [`limits.budgetUsd is ${budgetUsd}; give US dollars above 0, for instance 2.5, or leave it out for no limit`]),
    ...(turns === undefined || Token.isUnresolved(turns) || (Number.isSafeInteger(turns) && turns >= 1)
      ? []
      : [`limits.turns is ${turns}; give a whole number of at least 1, or leave it out for no limit`]),
    ...(permissionModes?.length === 0
      ? ['permissionModes is empty, so no session could begin; name at least one mode, or leave it out']
      : []),
    ...repeated(permissionModes ?? []).map(
      (mode) => `permissionModes names "${mode}" twice; name it once, the first mode is where a session begins`,
    ),
    ...repeated(callerOverrides).map((override) => `callerOverrides names "${override}" twice; name it once`),
    ...(metricsNamespace === undefined ? [] : namespaceFindings(metricsNamespace)),
  ];
}

/** Warns of settings that are meant for few agents. */
export function warnOfSettings(scope: IConstruct, { permissionModes = [] }: AgentSettings): void {
  if (!permissionModes.includes(PermissionMode.BYPASS)) return;
  Annotations.of(scope).addWarningV2(
    'cdk-agentcore-constructs:bypassPermissions',
    'with PermissionMode.BYPASS a caller can have the agent use every tool without asking, also on the word of a web page or a file that it reads; leave the mode out, or acknowledge this warning if all that the tools and the role can do is meant to happen unseen',
  );
}

/** What speaks against a namespace. Source: PutMetricData in the Amazon CloudWatch API reference. */
export function namespaceFindings(namespace: string): string[] {
  const legal = /^[A-Za-z0-9._/#:-]{1,255}$/.test(namespace) && !namespace.startsWith('AWS/');
  return legal || Token.isUnresolved(namespace)
    ? []
    : [
        `metricsNamespace "${namespace}" is not one of a custom metric: 1 to 255 letters, digits and ". - _ / # :", not beginning with "AWS/"; use for instance "${DEFAULT_AGENT_NAMESPACE}"`,
      ];
}
