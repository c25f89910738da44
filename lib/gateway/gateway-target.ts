import type { aws_bedrockagentcore as agentcore, aws_iam as iam, aws_lambda as lambda } from 'aws-cdk-lib';
import type { Construct, IDependable } from 'constructs';
import type { BaselineStatement } from '../iam/runtime-baseline';
import type { OutboundCredential } from './outbound-credential';
import type { TargetKind } from './outbound-rules';
import type { ToolInput } from './tool-input';

/** One tool of a function: what the model is told, and what it gives. */
export interface ToolDefinition {
  /** The name: letters, digits, underscores and hyphens. */
  readonly name: string;

  /** What the tool does, when to use it, and what it does not do. */
  readonly description: string;

  /** What the tool takes: JSON Schema `as const`, or an object of zod (4.2 or later). */
  readonly input: ToolInput;

  /**
   * What the tool returns.
   *
   * @default - the model sees it when it gets it
   */
  readonly output?: ToolInput;
}

/** A target made known to the stack of a gateway. */
export interface BoundGatewayTarget {
  readonly configuration: agentcore.CfnGatewayTarget.TargetConfigurationProperty;
  /** What the role of the gateway needs for it, besides what the credential says. */
  readonly statements: readonly BaselineStatement[];
  /**
   * The function behind it.
   *
   * @default - the target is no function
   */
  readonly function?: lambda.IFunction;
  /**
   * What must be there when AgentCore makes the target.
   *
   * @default - what the configuration refers to
   */
  readonly dependencies?: readonly IDependable[];
}

/** What holds for everything that a gateway defines. */
export interface GatewayTargetBindOptions {
  /**
   * A limit for roles.
   *
   * @default - no boundary
   */
  readonly permissionsBoundary?: iam.IManagedPolicy;
}

/** Where a gateway sends calls: one or more tools with one name before theirs. */
export interface IGatewayTarget {
  /** The name: letters and digits with single hyphens between. */
  readonly name: string;

  /** What it is. */
  readonly kind: TargetKind;

  /** How the gateway proves to it who it is. */
  readonly credential: OutboundCredential;

  /** The tools; undefined where only the deployment knows them. */
  readonly tools: readonly ToolDefinition[] | undefined;

  /**
   * The names of the tools, where `tools` is undefined and a description of them can be read.
   *
   * @default - only the deployment knows them
   */
  readonly toolNames?: readonly string[] | undefined;

  /** What speaks against it, besides names, schemas and credential. */
  findings(scope: Construct): string[];

  /** Makes it known to the stack of `scope`. */
  bind(scope: Construct, options?: GatewayTargetBindOptions): BoundGatewayTarget;
}
