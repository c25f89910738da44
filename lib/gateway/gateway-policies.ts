import { createHash } from 'node:crypto';
import { aws_bedrockagentcore as agentcore, Names } from 'aws-cdk-lib';
import type { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { Construct, type IConstruct, type IDependable } from 'constructs';
import { metricOf, type MetricDefinition } from '../metrics/metric';
import { policyDimensions, PolicyMetrics } from '../metrics/policy-metrics';
import { uniqueAgentCoreName } from '../private/naming';
import { requireProperties } from '../private/required-properties';
import { throwFindings } from '../private/validation';
import type { GatewayPolicy } from './gateway-policy';
import { referenceFindings } from './policy-references';
import { policyFindings, type PolicyScope, type WrittenPolicy } from './policy-source';
import { GATEWAY_ARN_PLACEHOLDER } from './policy-statement';
import { validatePolicies } from './policy-validation';
import { warnOfPolicies } from './policy-warnings';

/** Properties of GatewayPolicies. */
export interface GatewayPoliciesProps extends PolicyScope {
  /** At least one. */
  readonly policies: readonly GatewayPolicy[];
}

/**
 * The policies of one gateway and the engine that decides by them. The gateway is made with `engineConfiguration`, and the
 * policies are made last, by `attachTo`: AgentCore checks them against the tools that the gateway has by then.
 */
export class GatewayPolicies extends Construct {
  /** The L2: the way to what this construct does not offer. */
  public readonly policyEngine: agentcore.PolicyEngine;

  private readonly written: readonly WrittenPolicy[];
  private gatewayId: string | undefined;

  /** @throws Error with everything that speaks against the policies */
  constructor(scope: Construct, id: string, props: GatewayPoliciesProps) {
    super(scope, id);
    requireProperties(this, props, {
      policies: 'the policies',
      callers: 'the callers',
      tools: 'the tools',
      openTargets: 'targets, or []',
    });
    const { policies, ...policyScope } = props;
    const texts = policies.map((policy) => policy.write(policyScope));
    const written = texts.flatMap((text) => text.policies);
    const references = written.map((policy) => ({ policy, findings: referenceFindings(policy, policyScope) }));
    // Who misspells a tool is told that, and not what follows from it.
    const sound = references.filter(({ findings }) => findings.length === 0).map(({ policy }) => policy);
    const verdict = validatePolicies(sound, policyScope);
    throwFindings(this, [
      ...(written.length === 0 && texts.every(({ findings }) => findings.length === 0)
        ? ['policies is empty, and a gateway with an engine and no policy denies every call; leave policies out']
        : []),
      ...texts.flatMap(({ findings }) => findings),
      ...written.flatMap(policyFindings),
      ...sameNameFindings(written),
      ...references.flatMap(({ findings }) => findings),
      ...(verdict?.errors ?? []),
    ]);
    warnOfPolicies(this, written, policyScope, verdict);
    this.written = written;
    this.policyEngine = new agentcore.PolicyEngine(this, 'Engine', { policyEngineName: uniqueAgentCoreName(this) });
  }

  /** What the gateway is made with: from then on it denies what no policy permits. */
  public get engineConfiguration(): agentcore.GatewayPolicyEngineConfig {
    return { policyEngine: this.policyEngine, mode: agentcore.PolicyEngineMode.ENFORCE };
  }

  /**
   * Makes the policies, one after another as the service needs it, when the gateway and its targets are there.
   *
   * @param targets every target of the gateway
   */
  public attachTo(gateway: agentcore.IGatewayRef & IConstruct, targets: readonly IDependable[]): void {
    const { gatewayArn, gatewayIdentifier } = gateway.gatewayRef;
    this.gatewayId = gatewayIdentifier;
    for (const { name, description, acceptFindings, statement } of this.written) {
      const policy = this.policyEngine.addPolicy(name, {
        policyName: this.uniqueName(name),
        statement: agentcore.PolicyStatement.fromCedar(statement.text.replaceAll(GATEWAY_ARN_PLACEHOLDER, gatewayArn)),
        validationMode: acceptFindings
          ? agentcore.PolicyValidationMode.IGNORE_ALL_FINDINGS
          : agentcore.PolicyValidationMode.FAIL_ON_ANY_FINDINGS,
        ...(description === undefined ? {} : { description }),
      });
      policy.node.addDependency(gateway, ...targets);
    }
  }

  /**
   * Calls of tools that policies let through. Sum over 5 minutes.
   *
   * The sets of dimensions of decisions are not documented. This is the one that accounts show: see that it has data before
   * an alarm rests on it.
   */
  public metricAllowDecisions(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(PolicyMetrics.ALLOW_DECISIONS, options);
  }

  /** Calls of tools that were denied. Sum over 5 minutes, with the reservation of {@link metricAllowDecisions}. */
  public metricDenyDecisions(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(PolicyMetrics.DENY_DECISIONS, options);
  }

  /** Milliseconds that decisions took. 95th percentile over 5 minutes, with the reservation of {@link metricAllowDecisions}. */
  public metricDecisionLatency(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(PolicyMetrics.LATENCY, options);
  }

  /** Decisions that failed on AgentCore's side. Sum over 5 minutes, with the reservation of {@link metricAllowDecisions}. */
  public metricDecisionErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(PolicyMetrics.SYSTEM_ERRORS, options);
  }

  private metric(definition: MetricDefinition, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    if (this.gatewayId === undefined) {
      throw new Error(`${this.node.path}: the policies have no gateway yet, which metrics are of; call attachTo first`);
    }
    return metricOf(definition, policyDimensions(this.gatewayId), options).attachTo(this);
  }

  /** Names of policies are unique in an account and Region, and this one stays as long as the construct has its path. */
  private uniqueName(name: string): string {
    const hash = createHash('sha256')
      .update(`${Names.uniqueResourceName(this, {})}/${name}`)
      .digest('hex');
    return `${name}_${hash.slice(0, 8)}`;
  }
}

function sameNameFindings(written: readonly WrittenPolicy[]): string[] {
  const names = written.map(({ name }) => name.toLowerCase());
  return written
    .filter(({ name }, index) => names.indexOf(name.toLowerCase()) < index)
    .map(({ name }) => `policy "${name}" is given twice; give each a name of its own`);
}
