import { aws_iam as iam } from 'aws-cdk-lib';
import type { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { IAgent, IAgentCapability } from '../agent/agent';
import { AgentEnvironment } from '../agent/agent-environment';
import { Actions } from '../iam/actions';
import { type MetricDefinition, metricOf } from '../metrics/metric';
import { usageDimensions, UsageMetrics, UsageService } from '../metrics/usage-metrics';
import { metricAt } from '../private/arn-environment';

/** What a code interpreter gives to agents and to others. */
export abstract class CodeInterpreterToolBase extends Construct implements IAgentCapability {
  /** The id of the interpreter. */
  public abstract readonly codeInterpreterId: string;

  /** The ARN of the interpreter. */
  public abstract readonly codeInterpreterArn: string;

  /** Lets `agent` run code in this interpreter, in a session of its own for each session of the agent. */
  public bindToAgent(agent: IAgent): void {
    agent.addEnvironment(AgentEnvironment.CODE_INTERPRETER_ID, this.codeInterpreterId);
    this.grantUse(agent);
  }

  /** Allows `grantee` to start, use, stop, describe and list sessions of this interpreter, those of others included. */
  public grantUse(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee,
      actions: [...Actions.USE_CODE_INTERPRETER],
      resourceArns: [this.codeInterpreterArn],
    });
  }

  /** vCPU-hours that sessions of this interpreter used. Sum over 5 minutes, up to an hour late. */
  public metricVcpuHours(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.usage(UsageMetrics.VCPU_HOURS, options);
  }

  /** GB-hours of memory that sessions of this interpreter used. Sum over 5 minutes, up to an hour late. */
  public metricMemoryGbHours(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.usage(UsageMetrics.MEMORY_GB_HOURS, options);
  }

  private usage(definition: MetricDefinition, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const dimensions = usageDimensions(UsageService.CODE_INTERPRETER, this.codeInterpreterId);
    return metricAt(this.codeInterpreterArn, this, (place) =>
      metricOf(definition, dimensions, { ...place, ...options }),
    );
  }
}
