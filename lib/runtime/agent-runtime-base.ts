import type { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { agentMetricOf, AgentMetrics } from '../metrics/agent-metrics';
import { type MetricDefinition, metricOf } from '../metrics/metric';
import { usageDimensions, UsageMetrics, UsageService } from '../metrics/usage-metrics';
import { metricAt } from '../private/arn-environment';
import { InvocationTarget, type IInvocationTarget, type RuntimeTarget } from './invocation-target';

/** An agent to call, measure and make endpoints of: one of this app, or one that is imported. */
export interface IAgentRuntime extends IInvocationTarget {
  /** The name of the runtime. */
  readonly agentName: string;

  /** The ARN of the runtime. */
  readonly runtimeArn: string;

  /** The id of the runtime: its name, a hyphen and ten characters of AgentCore. */
  readonly runtimeId: string;

  /** The newest version of the runtime; undefined where the app does not deploy it. */
  readonly runtimeVersion: string | undefined;

  /** Whether callers bring a JWT; otherwise they sign with IAM credentials. */
  readonly callersHaveJwt: boolean;

  /** The CloudWatch namespace of the metrics that the agent writes itself. */
  readonly metricsNamespace: string;

  /**
   * Any metric that the agent writes itself, with the statistic that is usual for it: `agent.metric(AgentMetrics.TOOL_CALLS)`,
   * and with `dimensionsMap: { Tool: 'Read', Result: 'denied' }` of one tool and result.
   *
   * @throws Error when the metric is not kept under these dimensions
   */
  metric(definition: MetricDefinition, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Runs that the agent ended, those included that failed. From the agent's log; sum over 5 minutes. */
  metricRuns(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Runs that failed, most of them with a status of 200. From the agent's log; sum over 5 minutes. */
  metricFailedRuns(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** US dollars of model calls, an estimate from list prices. From the agent's log; sum over 5 minutes. */
  metricCost(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** vCPU-hours that sessions used, of all endpoints. Sum over 5 minutes, up to an hour late. */
  metricVcpuHours(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** GB-hours of memory that sessions used, of all endpoints. Sum over 5 minutes, up to an hour late. */
  metricMemoryGbHours(options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** What an agent of this app and one that is imported have in common. */
export abstract class AgentRuntimeBase extends InvocationTarget implements IAgentRuntime {
  public abstract readonly agentName: string;
  public abstract readonly runtimeArn: string;
  public abstract readonly runtimeId: string;
  public abstract readonly runtimeVersion: string | undefined;
  public abstract readonly callersHaveJwt: boolean;
  public abstract readonly metricsNamespace: string;

  protected get target(): RuntimeTarget {
    const { agentName, runtimeArn, callersHaveJwt } = this;
    return { agentName, runtimeArn, callersHaveJwt };
  }

  public metric(definition: MetricDefinition, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return metricAt(this.runtimeArn, this, (place) => agentMetricOf(this, definition, { ...place, ...options }));
  }

  public metricRuns(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(AgentMetrics.ERRORS, { ...options, statistic: 'SampleCount' });
  }

  public metricFailedRuns(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(AgentMetrics.ERRORS, options);
  }

  public metricCost(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(AgentMetrics.COST, options);
  }

  public metricVcpuHours(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.usage(UsageMetrics.VCPU_HOURS, options);
  }

  public metricMemoryGbHours(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.usage(UsageMetrics.MEMORY_GB_HOURS, options);
  }

  private usage(definition: MetricDefinition, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const { runtimeArn } = this;
    const dimensions = usageDimensions(UsageService.RUNTIME, runtimeArn);
    return metricAt(runtimeArn, this, (place) => metricOf(definition, dimensions, { ...place, ...options }));
  }
}
