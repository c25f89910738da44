import { rolePolicies, type ResolvedTemplate, type RolePolicies, type TemplateResource } from '../../../lib/testing';
import type { Assembly } from '../assembly';
import { requireDiscoveryUrl, type JwtAuthorizerSettings } from '../jwt-authorizer';
import { agentCoreArn, agentCoreId, type Place } from './agentcore-id';
import { readTarget, type TemplateTarget } from './gateway-target';
import { jwtSettings, type CustomJwtAuthorizer } from './jwt-settings';
import { readPolicyEngine, type GatewayPolicyEngine } from './policy-engine';

export const GATEWAY = 'AWS::BedrockAgentCore::Gateway';
const TARGET = 'AWS::BedrockAgentCore::GatewayTarget';

/** Who may call a gateway. */
export type GatewayInbound =
  | { readonly kind: 'iam' }
  | { readonly kind: 'jwt'; readonly settings: JwtAuthorizerSettings }
  | { readonly kind: 'anybody' };

/** An AWS::BedrockAgentCore::Gateway of the template with what belongs to it. */
export interface TemplateGateway {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  readonly inbound: GatewayInbound;
  readonly role: RolePolicies;
  /** Whether callers are told what exactly failed. */
  readonly isDebugged: boolean;
  readonly hasSearch: boolean;
  readonly instructions?: string;
  /** Versions of the Model Context Protocol that it accepts. */
  readonly versions: readonly string[];
  readonly targets: readonly TemplateTarget[];
  readonly policyEngine?: GatewayPolicyEngine;
}

/** AgentCore's own where the template names none. Source: CreateGateway, supportedVersions. */
const DEFAULT_VERSIONS = ['2025-03-26'];

/** `Ref` and attributes of gateways and targets; undefined for other types. */
export function gatewayValue(
  { type, logicalId, properties }: TemplateResource,
  attribute: string | undefined,
  place: Place,
  endpoint: string,
): string | undefined {
  const id = agentCoreId(properties.Name, logicalId, place);
  if (type === TARGET) {
    return new Map([
      ['Ref', id],
      ['TargetId', id],
      ['Status', 'READY'],
    ]).get(attribute ?? 'Ref');
  }
  if (type !== GATEWAY) return undefined;
  const gatewayId = id.toLowerCase();
  return new Map([
    ['Ref', gatewayId],
    ['GatewayIdentifier', gatewayId],
    ['GatewayArn', agentCoreArn(`gateway/${gatewayId}`, place)],
    ['GatewayUrl', gatewayUrl(gatewayId, endpoint)],
    ['Status', 'READY'],
  ]).get(attribute ?? 'Ref');
}

/** Where a gateway serves, on this machine. */
export function gatewayUrl(id: string, endpoint: string): string {
  return `${endpoint}/gateways/${id}/mcp`;
}

/** Where a gateway would serve once deployed. */
export function gatewayCloudUrl({ id, region }: Pick<TemplateGateway, 'id' | 'region'>): string {
  return `https://${id}.gateway.bedrock-agentcore.${region}.amazonaws.com/mcp`;
}

interface GatewayProperties {
  readonly Name: string;
  readonly AuthorizerType: string;
  readonly AuthorizerConfiguration?: { readonly CustomJWTAuthorizer?: CustomJwtAuthorizer };
  readonly RoleArn: string;
  readonly ExceptionLevel?: string;
  readonly InterceptorConfigurations?: readonly unknown[];
  readonly ProtocolConfiguration?: {
    readonly Mcp?: {
      readonly SearchType?: string;
      readonly Instructions?: string;
      readonly SupportedVersions?: readonly string[];
    };
  };
  readonly PolicyEngineConfiguration?: { readonly Arn: string; readonly Mode: string };
}

/**
 * Reads one gateway of a stack.
 *
 * @throws Error saying why it cannot be run without a deployment
 */
export function readGateway(assembly: Assembly, template: ResolvedTemplate, logicalId: string): TemplateGateway {
  const properties = template.properties(logicalId) as unknown as GatewayProperties;
  if (properties.InterceptorConfigurations !== undefined) {
    throw new Error('it has interceptors (InterceptorConfigurations), which are not run locally');
  }
  const { SearchType, Instructions, SupportedVersions } = properties.ProtocolConfiguration?.Mcp ?? {};
  const { PolicyEngineConfiguration: engine } = properties;
  const id = template.getAtt(logicalId, 'GatewayIdentifier');
  const { partition, account, region } = template;
  return {
    id,
    arn: template.getAtt(logicalId, 'GatewayArn'),
    name: properties.Name,
    partition,
    account,
    region,
    inbound: inbound(properties),
    role: rolePolicies(template, properties.RoleArn),
    isDebugged: properties.ExceptionLevel === 'DEBUG',
    hasSearch: SearchType === 'SEMANTIC',
    ...(Instructions === undefined ? {} : { instructions: Instructions }),
    versions: SupportedVersions ?? DEFAULT_VERSIONS,
    targets: template
      .resources()
      .filter((one) => one.type === TARGET && template.property(one.logicalId, 'GatewayIdentifier') === id)
      .map((one) => readTarget(assembly, template, one.logicalId)),
    ...(engine === undefined ? {} : { policyEngine: readPolicyEngine(template, engine.Arn, engine.Mode) }),
  };
}

function inbound({ AuthorizerType: type, AuthorizerConfiguration }: GatewayProperties): GatewayInbound {
  const jwt = AuthorizerConfiguration?.CustomJWTAuthorizer;
  if (type === 'AWS_IAM') return { kind: 'iam' };
  if (type === 'NONE') return { kind: 'anybody' };
  if (type === 'CUSTOM_JWT' && jwt !== undefined) {
    requireDiscoveryUrl(jwt.DiscoveryUrl);
    return { kind: 'jwt', settings: jwtSettings(jwt) };
  }
  throw new Error(`its AuthorizerType is ${type}; AWS_IAM, CUSTOM_JWT and NONE are run locally`);
}
