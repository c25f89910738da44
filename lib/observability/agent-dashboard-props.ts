import type { aws_bedrockagentcore as agentcore, Duration } from 'aws-cdk-lib';
import type {
  IObservedAgent,
  IObservedBrowser,
  IObservedCodeInterpreter,
  IObservedGateway,
  IObservedSessionTable,
  IObservedWorkspace,
} from './observed';

/** Properties of an AgentDashboard. */
export interface AgentDashboardProps {
  /** The agents: at least one. Each has rows of its own. */
  readonly agents: readonly IObservedAgent[];

  /**
   * The gateways.
   *
   * @default - none
   */
  readonly gateways?: readonly IObservedGateway[];

  /**
   * The code interpreters.
   *
   * @default - none
   */
  readonly codeInterpreters?: readonly IObservedCodeInterpreter[];

  /**
   * The browsers, for instance L2s.
   *
   * @default - none
   */
  readonly browsers?: readonly IObservedBrowser[];

  /**
   * The memories: an L2 or L1.
   *
   * @default - none
   */
  readonly memories?: readonly agentcore.IMemoryRef[];

  /**
   * The buckets of workspaces.
   *
   * @default - none
   */
  readonly workspaces?: readonly IObservedWorkspace[];

  /**
   * The tables of sessions.
   *
   * @default - none
   */
  readonly sessionTables?: readonly IObservedSessionTable[];

  /**
   * The names of endpoints that the dashboard can be switched to, beside the default one.
   *
   * @default - the default endpoint alone
   */
  readonly endpointNames?: readonly string[];

  /**
   * What a point of a graph stands for until a viewer chooses another period: 1 minute, 5 minutes, 15 minutes or 1 hour.
   *
   * @default Duration.minutes(5)
   */
  readonly period?: Duration;

  /**
   * The name of the dashboard, unique in the account: up to 255 letters, digits, `-` and `_`.
   *
   * @default - made by CloudFormation from the names of stack and construct
   */
  readonly dashboardName?: string;
}
