import { aws_iam as iam, Annotations } from 'aws-cdk-lib';
import type { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { IAgent, IAgentCapability } from '../agent/agent';
import { AgentEnvironment } from '../agent/agent-environment';
import type { OidcAuthorizerOptions } from '../auth/agent-authorizer';
import { Actions } from '../iam/actions';
import { GatewayMetrics, toolCallDimensions } from '../metrics/gateway-metrics';
import { type MetricDefinition, metricOf } from '../metrics/metric';
import { metricAt } from '../private/arn-environment';
import { throwFindings } from '../private/validation';
import { refusedBy } from './refused-tokens';

/** A gateway of this app, or one that is imported. */
export abstract class AgentGatewayBase extends Construct implements IAgentCapability {
  /** The ARN of the gateway. */
  public abstract readonly gatewayArn: string;

  /** The id of the gateway. */
  public abstract readonly gatewayId: string;

  /** Where the gateway speaks MCP. */
  public abstract readonly gatewayUrl: string;

  /** The name under which agents know the gateway. */
  public abstract readonly serverName: string;

  /** Whether callers bring a JWT; otherwise they sign with IAM credentials. */
  public abstract readonly callersHaveJwt: boolean;

  /** Which tokens callers may bring; undefined where it is not known, or callers sign. */
  protected abstract readonly accepted: OidcAuthorizerOptions | undefined;

  private readonly agents = new WeakSet<IAgent>();

  /**
   * Lets `agent` call the tools: signed with its role, or with the token of its own caller where the gateway wants a JWT.
   *
   * @throws Error when the callers of the agent bring no token that the gateway accepts, or another gateway of the agent has
   * the same `serverName`
   */
  public bindToAgent(agent: IAgent): void {
    throwFindings(this, [...this.nameFindings(agent), ...this.tokenFindings(agent)]);
    this.agents.add(agent);
    this.warnOfRefusedTokens(agent);
    agent.addEnvironment(
      `${AgentEnvironment.GATEWAY_PREFIX}${this.serverName.toUpperCase()}`,
      JSON.stringify({ url: this.gatewayUrl, auth: this.callersHaveJwt ? 'user' : 'iam' }),
    );
    // A token is all that such a gateway looks at.
    if (!this.callersHaveJwt) this.grantInvoke(agent);
  }

  /** Allows `grantee` to list and call the tools, as far as policies let it. */
  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    if (this.callersHaveJwt) {
      Annotations.of(this).addWarningV2(
        'cdk-agentcore-constructs:grantGatewayWithJwt',
        'granting bedrock-agentcore:InvokeGateway has no effect on a gateway whose callers bring a JWT: AgentCore refuses signed calls to it; use AgentAuthorizer.iam(), or give the caller a token',
      );
    }
    return iam.Grant.addToPrincipal({
      grantee,
      actions: [...Actions.INVOKE_GATEWAY],
      resourceArns: [this.gatewayArn],
    });
  }

  /**
   * Calls of tools, whatever became of them. Sum over 5 minutes.
   *
   * The sets of dimensions of a gateway are not documented. This is the one that accounts show, of all tools;
   * `dimensionsMap: { Name: '<target>___<tool>' }` makes it that of one. See that it has data before an alarm rests on it.
   */
  public metricInvocations(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(GatewayMetrics.INVOCATIONS, options);
  }

  /** Calls of tools refused because of a limit. Sum over 5 minutes, with the reservation of {@link metricInvocations}. */
  public metricThrottles(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(GatewayMetrics.THROTTLES, options);
  }

  /** Calls of tools that failed on AgentCore's side. Sum over 5 minutes, with the reservation of {@link metricInvocations}. */
  public metricSystemErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(GatewayMetrics.SYSTEM_ERRORS, options);
  }

  /** Calls of tools that failed on the caller's side. Sum over 5 minutes, with the reservation of {@link metricInvocations}. */
  public metricUserErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(GatewayMetrics.USER_ERRORS, options);
  }

  /** Milliseconds to the begin of an answer. 95th percentile over 5 minutes, with the reservation of {@link metricInvocations}. */
  public metricLatency(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(GatewayMetrics.LATENCY, options);
  }

  /** Milliseconds to the end of an answer. 95th percentile over 5 minutes, with the reservation of {@link metricInvocations}. */
  public metricDuration(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(GatewayMetrics.DURATION, options);
  }

  /**
   * Milliseconds that the functions, APIs and servers behind tools took. 95th percentile over 5 minutes, with the reservation
   * of {@link metricInvocations}.
   */
  public metricTargetExecutionTime(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(GatewayMetrics.TARGET_EXECUTION_TIME, options);
  }

  private metric(definition: MetricDefinition, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const { gatewayArn } = this;
    const dimensions = toolCallDimensions(gatewayArn);
    return metricAt(gatewayArn, this, (place) => metricOf(definition, dimensions, { ...place, ...options }));
  }

  private nameFindings(agent: IAgent): string[] {
    const { agentName, capabilities } = agent;
    const first = capabilities.find(
      (capability) => capability instanceof AgentGatewayBase && capability.serverName === this.serverName,
    ) as AgentGatewayBase | undefined;
    return [
      ...(this.agents.has(agent)
        ? [`the agent ${agentName} has this gateway already; take it out of capabilities once`]
        : []),
      ...(first === undefined || first === this
        ? []
        : [
            `serverName "${this.serverName}" is that of ${first.node.path} too, another gateway of the agent ${agentName}; give one of them another`,
          ]),
    ];
  }

  private tokenFindings({ agentName, discoveryUrl }: IAgent): string[] {
    if (!this.callersHaveJwt) return [];
    if (discoveryUrl === undefined) {
      return [
        `the gateway wants the token of a user, and the callers of the agent ${agentName} bring none, they sign with IAM credentials; give the agent the same authorizer, or the gateway AgentAuthorizer.iam()`,
      ];
    }
    const wanted = this.accepted?.discoveryUrl;
    return wanted === undefined || wanted === discoveryUrl
      ? []
      : [
          `the gateway wants tokens of ${wanted}, and the callers of the agent ${agentName} bring those of ${discoveryUrl}; give both the same authorizer`,
        ];
  }

  /** Such a caller talks to the agent, and every call of a tool fails. */
  private warnOfRefusedTokens({ agentName, authorizer }: IAgent): void {
    const { accepted } = this;
    if (accepted === undefined || authorizer?.accepted === undefined) return;
    const wider = refusedBy(accepted, authorizer.accepted);
    if (wider.length === 0) return;
    Annotations.of(this).addWarningV2(
      'cdk-agentcore-constructs:gatewayRefusesTokens',
      `the agent ${agentName} accepts tokens that the gateway refuses, by ${wider.join(' and ')}: their users are answered, and have no tools; give both the same authorizer, or acknowledge this warning if that is meant`,
    );
  }
}
