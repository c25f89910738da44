import type { ResolvedTemplate, TemplateResource } from '../../../lib/testing';
import { agentCoreArn, agentCoreId, type Place } from './agentcore-id';

const ENGINE = 'AWS::BedrockAgentCore::PolicyEngine';
const POLICY = 'AWS::BedrockAgentCore::Policy';

/** The AWS::BedrockAgentCore::PolicyEngine that decides for a gateway. */
export interface GatewayPolicyEngine {
  readonly arn: string;
  /** Whether what it decides holds; otherwise it is only written down. */
  readonly isEnforced: boolean;
  /** Cedar, by name; those that are only logged are left out. */
  readonly policies: Readonly<Record<string, string>>;
}

/** `Ref` and attributes of policy engines; undefined for other types. */
export function policyEngineValue(
  { type, logicalId, properties }: TemplateResource,
  attribute: string | undefined,
  place: Place,
): string | undefined {
  if (type !== ENGINE) return undefined;
  const id = agentCoreId(properties.Name, logicalId, place);
  const arn = agentCoreArn(`policy-engine/${id}`, place);
  return new Map([
    ['Ref', arn],
    ['PolicyEngineArn', arn],
    ['PolicyEngineId', id],
    ['Status', 'ACTIVE'],
  ]).get(attribute ?? 'Ref');
}

interface PolicyProperties {
  readonly Name: string;
  readonly EnforcementMode?: string;
  readonly Definition: {
    readonly Cedar?: { readonly Statement: string };
    readonly Policy?: { readonly Statement: string };
  };
}

/**
 * The engine with this ARN and the policies of its stack that belong to it.
 *
 * @throws Error when the template does not have it, because its policies are not known then
 */
export function readPolicyEngine(template: ResolvedTemplate, arn: string, mode: string): GatewayPolicyEngine {
  const resources = template.resources();
  const engine = resources.find(
    (one) => one.type === ENGINE && template.getAtt(one.logicalId, 'PolicyEngineArn') === arn,
  );
  if (engine === undefined)
    throw new Error(`its policy engine ${arn} is not in the template; what it allows is not known`);
  const id = template.getAtt(engine.logicalId, 'PolicyEngineId');
  const policies = resources
    .filter((one) => one.type === POLICY && template.property(one.logicalId, 'PolicyEngineId') === id)
    .map((one) => template.properties(one.logicalId) as unknown as PolicyProperties)
    .filter(({ EnforcementMode }) => EnforcementMode !== 'LOG_ONLY')
    .map(({ Name, Definition: { Cedar, Policy } }) => [Name, (Cedar ?? Policy)?.Statement ?? ''] as const);
  return { arn, isEnforced: mode === 'ENFORCE', policies: Object.fromEntries(policies) };
}
