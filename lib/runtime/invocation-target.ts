import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import type { aws_iam as iam } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import { Actions } from '../iam/actions';
import { grantRuntimeAccess, type RuntimeAccessTarget } from '../iam/runtime-access';
import { metricOf, type MetricDefinition } from '../metrics/metric';
import { runtimeDimensions, RuntimeMetrics } from '../metrics/runtime-metrics';
import { metricAt } from '../private/arn-environment';

/** What can be called and measured: an agent, which means its default endpoint, or another endpoint of it. */
export interface IInvocationTarget extends IConstruct {
  /**
   * Allows `grantee` to call the agent over HTTP, signed with SigV4.
   *
   * Grants cover the runtime and this one endpoint, and have no effect where callers bring a JWT: AgentCore then accepts no
   * signature, and a warning says so.
   */
  grantInvoke(grantee: iam.IGrantable): iam.Grant;

  /** Allows `grantee` to call the agent over WebSocket, signed with SigV4. */
  grantInvokeWebSocket(grantee: iam.IGrantable): iam.Grant;

  /**
   * Allows `grantee` to name a user in its calls, besides `grantInvoke` or `grantInvokeWebSocket`. AgentCore believes any
   * name, so this is for backends that have verified their users.
   */
  grantInvokeForUser(grantee: iam.IGrantable): iam.Grant;

  /** Allows `grantee` to end sessions before their time. */
  grantStopSession(grantee: iam.IGrantable): iam.Grant;

  /**
   * Allows `grantee` to run shell commands in the microVM of any session, with the permissions of the agent. For
   * operators; not for callers.
   */
  grantCommand(grantee: iam.IGrantable): iam.Grant;

  /** Requests to the endpoint. */
  metricInvocations(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Time from a request to the last token of its answer; the 95th percentile in milliseconds, unless said otherwise. */
  metricLatency(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Requests refused because of a quota. */
  metricThrottles(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Requests that failed on AgentCore's side. */
  metricSystemErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Requests that failed on the caller's or the agent's side. */
  metricUserErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Requests that failed, on whichever side: system and user errors added up. */
  metricTotalErrors(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression;
}

/** One endpoint of a runtime, as its grants and metrics name it. */
export interface RuntimeTarget extends RuntimeAccessTarget {
  readonly agentName: string;
}

/** The grants and metrics of one endpoint of a runtime. */
export abstract class InvocationTarget extends Construct implements IInvocationTarget {
  /** What is called and measured. */
  protected abstract readonly target: RuntimeTarget;

  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    return grantRuntimeAccess(this, grantee, Actions.INVOKE_RUNTIME, this.target);
  }

  public grantInvokeWebSocket(grantee: iam.IGrantable): iam.Grant {
    return grantRuntimeAccess(this, grantee, Actions.INVOKE_RUNTIME_WEB_SOCKET, this.target);
  }

  public grantInvokeForUser(grantee: iam.IGrantable): iam.Grant {
    return grantRuntimeAccess(this, grantee, Actions.INVOKE_RUNTIME_FOR_USER, this.target);
  }

  public grantStopSession(grantee: iam.IGrantable): iam.Grant {
    return grantRuntimeAccess(this, grantee, Actions.STOP_RUNTIME_SESSION, this.target);
  }

  public grantCommand(grantee: iam.IGrantable): iam.Grant {
    return grantRuntimeAccess(this, grantee, Actions.RUN_RUNTIME_COMMAND, this.target);
  }

  public metricInvocations(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.endpointMetric(RuntimeMetrics.INVOCATIONS, options);
  }

  public metricLatency(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.endpointMetric(RuntimeMetrics.LATENCY, options);
  }

  public metricThrottles(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.endpointMetric(RuntimeMetrics.THROTTLES, options);
  }

  public metricSystemErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.endpointMetric(RuntimeMetrics.SYSTEM_ERRORS, options);
  }

  public metricUserErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.endpointMetric(RuntimeMetrics.USER_ERRORS, options);
  }

  public metricTotalErrors(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      label: 'Errors',
      ...options,
      // SUM and not +, which has no value where one of the two has none.
      expression: 'SUM([system, user])',
      usingMetrics: { system: this.metricSystemErrors(), user: this.metricUserErrors() },
    });
  }

  private endpointMetric(definition: MetricDefinition, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    const { runtimeArn, agentName, endpointName = 'DEFAULT' } = this.target;
    const dimensions = runtimeDimensions(runtimeArn, agentName, endpointName);
    return metricAt(runtimeArn, this, (place) => metricOf(definition, dimensions, { ...place, ...options }));
  }
}
