import type { aws_cloudwatch as cloudwatch, aws_iam as iam } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { AgentAuthorizer } from '../auth/agent-authorizer';
import { Actions } from '../iam/actions';
import { grantRuntimeAccess } from '../iam/runtime-access';
import { metricOf, type MetricDefinition } from '../metrics/metric';
import { runtimeDimensions, RuntimeMetrics } from '../metrics/runtime-metrics';

/** Options of a metric of an agent. */
export interface AgentMetricOptions extends cloudwatch.MetricOptions {
  /**
   * The endpoint that is measured.
   *
   * @default 'DEFAULT'
   */
  readonly endpoint?: string;
}

/** What can be granted on an agent and measured of it. */
export abstract class AgentRuntimeBase extends Construct {
  /** The name of the runtime. */
  public abstract readonly agentName: string;

  /** The ARN of the runtime. */
  public abstract readonly runtimeArn: string;

  /** Who may call the agent. */
  public abstract readonly authorizer: AgentAuthorizer;

  /**
   * Allows `grantee` to call the agent over HTTP, signed with SigV4.
   *
   * The grants of this construct cover the runtime and its default endpoint, and have no effect where callers bring a JWT:
   * AgentCore then accepts no signature, and a warning says so.
   */
  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, Actions.INVOKE_RUNTIME);
  }

  /** Allows `grantee` to call the agent over WebSocket, signed with SigV4. */
  public grantInvokeWebSocket(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, Actions.INVOKE_RUNTIME_WEB_SOCKET);
  }

  /**
   * Allows `grantee` to name a user in its calls, besides `grantInvoke` or `grantInvokeWebSocket`. AgentCore believes any
   * name, so this is for backends that have verified their users.
   */
  public grantInvokeForUser(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, Actions.INVOKE_RUNTIME_FOR_USER);
  }

  /** Allows `grantee` to end sessions before their time. */
  public grantStopSession(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, Actions.STOP_RUNTIME_SESSION);
  }

  /**
   * Allows `grantee` to run shell commands in the microVM of any session, with the permissions of the agent. For
   * operators; not for callers.
   */
  public grantCommand(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, Actions.RUN_RUNTIME_COMMAND);
  }

  /** Requests to the agent. */
  public metricInvocations(options?: AgentMetricOptions): cloudwatch.Metric {
    return this.metric(RuntimeMetrics.INVOCATIONS, options);
  }

  /** Time from a request to the last token of its answer; the 95th percentile in milliseconds, unless said otherwise. */
  public metricLatency(options?: AgentMetricOptions): cloudwatch.Metric {
    return this.metric(RuntimeMetrics.LATENCY, options);
  }

  /** Requests refused because of a quota. */
  public metricThrottles(options?: AgentMetricOptions): cloudwatch.Metric {
    return this.metric(RuntimeMetrics.THROTTLES, options);
  }

  /** Requests that failed on AgentCore's side. */
  public metricSystemErrors(options?: AgentMetricOptions): cloudwatch.Metric {
    return this.metric(RuntimeMetrics.SYSTEM_ERRORS, options);
  }

  /** Requests that failed on the caller's or the agent's side. */
  public metricUserErrors(options?: AgentMetricOptions): cloudwatch.Metric {
    return this.metric(RuntimeMetrics.USER_ERRORS, options);
  }

  private grant(grantee: iam.IGrantable, actions: readonly string[]): iam.Grant {
    const { runtimeArn } = this;
    const { callersHaveJwt } = this.authorizer;
    return grantRuntimeAccess(this, grantee, actions, { runtimeArn, callersHaveJwt });
  }

  private metric(definition: MetricDefinition, options: AgentMetricOptions = {}): cloudwatch.Metric {
    const { endpoint = 'DEFAULT', ...rest } = options;
    return metricOf(definition, runtimeDimensions(this.runtimeArn, this.agentName, endpoint), rest);
  }
}
