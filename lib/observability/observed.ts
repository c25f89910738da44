import type { aws_cloudwatch as cloudwatch, aws_dynamodb as dynamodb, aws_s3 as s3 } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { IAgentModels } from '../model/agent-models';
import type { IAgentRuntime } from '../runtime/agent-runtime-base';

/** An agent to look at: an `AgentRuntime`, or one that is imported. */
export interface IObservedAgent extends IAgentRuntime {
  /**
   * The models of the agent.
   *
   * @default - not known, so Amazon Bedrock's own figures of them are not shown
   */
  readonly models?: IAgentModels;

  /**
   * Whether the agent writes metrics of its own.
   *
   * @default - not known, so it is taken for one that does
   */
  readonly writesMetrics?: boolean;
}

/** A gateway to look at: an `AgentGateway`, or one that is imported. */
export interface IObservedGateway {
  readonly gatewayArn: string;

  /** The name under which agents know the gateway. */
  readonly serverName: string;

  /**
   * What decides about its calls.
   *
   * @default - no decisions are shown
   */
  readonly policies?: IConstruct;
}

/** A code interpreter to look at: a `CodeInterpreterTool`, or one that is imported. */
export interface IObservedCodeInterpreter {
  readonly codeInterpreterArn: string;
  readonly codeInterpreterId: string;
  metricVcpuHours(options?: cloudwatch.MetricOptions): cloudwatch.Metric;
  metricMemoryGbHours(options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** A browser to look at, for instance an L2. */
export interface IObservedBrowser extends IConstruct {
  readonly browserArn: string;
  readonly browserId: string;
}

/** Where workspaces are: a `WorkspaceBucket`, or one that is imported. */
export interface IObservedWorkspace {
  readonly bucket: s3.IBucket;
}

/** Where sessions are listed: a `SessionTable`, or one that is imported. */
export interface IObservedSessionTable {
  readonly table: dynamodb.ITable;
}
