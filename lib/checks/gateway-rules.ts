import type { CheckedApp, CheckedResource } from './checked-app';
import { policiesOfRole } from './role-policies';
import { cloudFormation, eachResource, guide, type Finding, type Rule } from './rule';
import { at, intrinsic, isRecord, isUnknown, items, literal, oneOrMore, text } from './template-value';

/** What clients without a version header speak. */
const FIRST_MCP_VERSION = '2025-03-26';

const TARGET = 'AWS::BedrockAgentCore::GatewayTarget';

export const GATEWAY_RULES: readonly Rule[] = [
  {
    id: 'AgentCore-GW1',
    level: 'error',
    title: 'Gateway without an authorizer',
    why: 'everyone who knows the URL can call the tools, with the permissions of the gateway',
    remedy: 'Use AWS_IAM or CUSTOM_JWT.',
    documentation: guide('inbound-jwt-authorizer'),
    property: 'AuthorizerType',
    check: eachResource(['Gateway'], ({ properties }) =>
      at(properties, 'AuthorizerType') === 'NONE' ? [{ problem: 'AuthorizerType is NONE' }] : [],
    ),
  },
  {
    id: 'AgentCore-GW2',
    level: 'warning',
    title: 'Gateway that tells callers the details of errors',
    why: 'messages name functions, roles and targets to everyone who may call',
    remedy: 'Leave ExceptionLevel out in production.',
    documentation: guide('gateway-debug-messages'),
    property: 'ExceptionLevel',
    check: eachResource(['Gateway'], ({ properties }) =>
      at(properties, 'ExceptionLevel') === 'DEBUG' ? [{ problem: 'ExceptionLevel is DEBUG' }] : [],
    ),
  },
  {
    id: 'AgentCore-GW3',
    level: 'warning',
    title: 'Gateway without the first MCP version',
    why: `clients that send no version header speak ${FIRST_MCP_VERSION} and are refused`,
    remedy: `Add ${FIRST_MCP_VERSION}: the list replaces the default and does not add to it.`,
    documentation: cloudFormation('aws-properties-bedrockagentcore-gateway-mcpgatewayconfiguration'),
    property: 'ProtocolConfiguration',
    check: eachResource(['Gateway'], ({ properties }) => {
      const versions = items(at(properties, 'ProtocolConfiguration', 'Mcp', 'SupportedVersions')) ?? [];
      const known = versions.map(literal).filter((version) => version !== undefined);
      return known.length === 0 || known.length < versions.length || known.includes(FIRST_MCP_VERSION)
        ? []
        : [{ problem: `SupportedVersions is ${known.join(', ')}` }];
    }),
  },
  {
    id: 'AgentCore-GW4',
    level: 'warning',
    title: 'Policy engine that only logs',
    why: 'calls that the policies forbid are made all the same',
    remedy: 'Set the mode to ENFORCE once the log shows what is meant.',
    documentation: cloudFormation('aws-properties-bedrockagentcore-gateway-gatewaypolicyengineconfiguration'),
    property: 'PolicyEngineConfiguration',
    check: eachResource(['Gateway'], ({ properties }) =>
      at(properties, 'PolicyEngineConfiguration', 'Mode') === 'LOG_ONLY'
        ? [{ problem: 'the mode of the policy engine is LOG_ONLY' }]
        : [],
    ),
  },
  {
    id: 'AgentCore-GW5',
    level: 'error',
    title: 'Credential that a Lambda target does not take',
    why: 'a gateway calls functions with its role and nothing else, so the deployment fails',
    remedy: 'Use GATEWAY_IAM_ROLE, and check the caller in the gateway.',
    documentation: guide('gateway-outbound-auth'),
    property: 'CredentialProviderConfigurations',
    check: eachResource(['GatewayTarget'], (target) =>
      lambdaOf(target) === undefined
        ? []
        : (items(at(target.properties, 'CredentialProviderConfigurations')) ?? [])
            .map((provider) => literal(at(provider, 'CredentialProviderType')))
            .filter((type) => type !== undefined && type !== 'GATEWAY_IAM_ROLE')
            .map((type) => ({ problem: `the target is a Lambda function, but its credential is ${String(type)}` })),
    ),
  },
  {
    id: 'AgentCore-GW6',
    level: 'error',
    title: 'Two targets of one name on a gateway',
    why: 'the name is part of the name of each tool, so the second target is refused',
    remedy: 'Give each target a name of its own.',
    documentation: guide('gateway-tool-naming'),
    property: 'Name',
    check: targetsOfOneName,
  },
  {
    id: 'AgentCore-GW7',
    level: 'warning',
    title: 'Lambda target that does not wait for the permission of its gateway',
    why: 'AgentCore checks the permission when it makes the target, and the first deployment fails if the policy comes later',
    remedy: 'Add a dependency of the target on the policy of the role of the gateway.',
    documentation: guide('gateway-prerequisites-permissions'),
    check: eachResource(['GatewayTarget'], (target, app) => {
      if (lambdaOf(target) === undefined) return [];
      const gateway = app.resourceOf(target.stack, at(target.properties, 'GatewayIdentifier'));
      const role = gateway && app.resourceOf(gateway.stack, at(gateway.properties, 'RoleArn'));
      if (role === undefined) return [];
      const policies = policiesOfRole(app, role).filter(
        (policy) => policy !== role && policy.stack === target.stack && mentions(policy, 'lambda:'),
      );
      return waitsForAll(target, policies)
        ? []
        : [{ problem: 'the target does not depend on the policy that lets the gateway call the function' }];
    }),
  },
];

/** The Lambda configuration of a target; undefined for other targets. */
export function lambdaOf({ properties }: CheckedResource): unknown {
  const lambda = at(properties, 'TargetConfiguration', 'Mcp', 'Lambda');
  return isUnknown(lambda) ? undefined : lambda;
}

function targetsOfOneName(app: CheckedApp): Finding[] {
  const seen = new Map<CheckedResource | string, Set<string>>();
  return app.resourcesOfType(TARGET).flatMap((resource) => {
    const name = literal(at(resource.properties, 'Name'));
    const id = at(resource.properties, 'GatewayIdentifier');
    const gateway = app.resourceOf(resource.stack, id) ?? literal(id);
    if (name === undefined || gateway === undefined) return [];
    const names = seen.get(gateway) ?? new Set();
    seen.set(gateway, names);
    if (!names.has(name)) {
      names.add(name);
      return [];
    }
    return [{ resource, problem: `another target of the gateway is named "${name}" too` }];
  });
}

/** Whether CloudFormation makes all of `others`, which are in the same stack, before a resource. */
function waitsForAll(resource: CheckedResource, others: readonly CheckedResource[]): boolean {
  const missing = new Set(others);
  const seen = new Set([resource]);
  for (const { dependsOn, properties } of seen) {
    if (missing.size === 0) break;
    for (const logicalId of [...dependsOn, ...references(properties)]) {
      const dependency = resource.stack.resources.get(logicalId);
      if (dependency === undefined) continue;
      missing.delete(dependency);
      // A set is iterated in the order of its additions, those during the iteration included.
      seen.add(dependency);
    }
  }
  return missing.size === 0;
}

function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (!isRecord(value)) return [];
  const [name, argument] = intrinsic(value) ?? [];
  if (name === 'Ref') return [String(argument)];
  if (name === 'Fn::GetAtt')
    return oneOrMore(argument)
      .slice(0, 1)
      .map((id) => String(id).split('.')[0] ?? '');
  if (name === 'Fn::Sub') return [...subjects(argument)];
  return Object.values(value).flatMap(references);
}

function subjects(argument: unknown): string[] {
  const [template, variables] = oneOrMore(argument);
  const names = [...(text(template) ?? '').matchAll(/\$\{([^!}.]+)[^}]*\}/g)].map(([, name]) => name ?? '');
  return [...names, ...references(variables)];
}

function mentions(policy: CheckedResource, actionPrefix: string): boolean {
  return JSON.stringify(at(policy.properties, 'PolicyDocument') ?? '').includes(`"${actionPrefix}`);
}
