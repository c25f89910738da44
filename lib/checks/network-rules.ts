import { AGENTCORE_REGIONS } from '../private/supported-regions';
import type { CheckedApp, CheckedResource } from './checked-app';
import { cloudFormation, eachResource, guide, type Rule } from './rule';
import { at, isEmptyList, isUnknown, literal } from './template-value';

/** The types that can be placed in a VPC. */
export const TYPES_WITH_NETWORK = ['Runtime', 'Harness', 'CodeInterpreterCustom', 'BrowserCustom'];

/** What is missing in which of AgentCore's Regions; from the same page as the Regions themselves. */
const TYPES_MISSING_IN_SOME = new Set(['Memory', 'Harness', 'HarnessEndpoint']);
const REGIONS_WITHOUT_THEM = new Set([
  ...['us-west-1', 'eu-south-1', 'eu-south-2', 'ap-southeast-5', 'ap-south-2', 'ap-southeast-7'],
]);

export const NETWORK_RULES: readonly Rule[] = [
  {
    id: 'AgentCore-NW1',
    level: 'error',
    title: 'Network mode VPC without subnets or security groups',
    why: 'AgentCore has nowhere to place the network interfaces, so the deployment fails',
    remedy: 'Give at least one private subnet and one security group.',
    documentation: guide('agentcore-vpc'),
    property: 'NetworkConfiguration',
    check: eachResource(TYPES_WITH_NETWORK, ({ properties }) => {
      const { mode, vpc } = network(properties);
      if (mode !== 'VPC') return [];
      return ['Subnets', 'SecurityGroups']
        .filter((property) => isEmptyList(at(vpc, property)))
        .map((property) => ({
          detail: property,
          problem: `the network mode is VPC, but ${property} is missing or empty`,
        }));
    }),
  },
  {
    id: 'AgentCore-NW2',
    level: 'error',
    title: 'VPC configuration in another network mode',
    why: 'it has no effect or fails the deployment, and a reader believes that the resource is in the VPC',
    remedy: 'Set the network mode to VPC, or leave out the VPC configuration.',
    documentation: cloudFormation(
      'aws-properties-bedrockagentcore-codeinterpretercustom-codeinterpreternetworkconfiguration',
    ),
    property: 'NetworkConfiguration',
    check: eachResource(TYPES_WITH_NETWORK, ({ properties }) => {
      const { mode, vpc } = network(properties);
      return mode === undefined || mode === 'VPC' || vpc === undefined || isUnknown(vpc)
        ? []
        : [{ problem: `a VPC configuration is given, but the network mode is ${mode}` }];
    }),
  },
  {
    id: 'AgentCore-NW3',
    level: 'warning',
    title: 'Code interpreter or browser on the public network',
    why: 'what a model writes or a page says can send data to any host of the internet',
    remedy:
      'Use SANDBOX for a code interpreter, or VPC with a filtered way out; acknowledge where the open web is needed.',
    documentation: guide('code-interpreter-resource-management'),
    property: 'NetworkConfiguration',
    check: eachResource(['CodeInterpreterCustom', 'BrowserCustom'], ({ properties }) =>
      network(properties).mode === 'PUBLIC' ? [{ problem: 'the network mode is PUBLIC' }] : [],
    ),
  },
  {
    id: 'AgentCore-NW4',
    level: 'warning',
    title: 'Region in which AgentCore is not known to be offered',
    why: 'the deployment fails where the service is missing',
    remedy: 'Look the Region up, choose another one, or acknowledge the warning if it has been added since.',
    documentation: guide('agentcore-regions'),
    check: (app: CheckedApp) =>
      app
        .agentCoreResources()
        .filter(isInOtherRegion)
        .map((resource) => ({
          resource,
          problem: `${resource.type} is not known to be offered in ${String(resource.stack.region)}`,
        })),
  },
];

/** The network mode, if it is known, and the VPC configuration, which each type calls differently. */
export function network(properties: unknown): { readonly mode: string | undefined; readonly vpc: unknown } {
  const configuration =
    at(properties, 'NetworkConfiguration') ??
    at(properties, 'Environment', 'AgentCoreRuntimeEnvironment', 'NetworkConfiguration');
  return {
    mode: literal(at(configuration, 'NetworkMode')),
    vpc: at(configuration, 'NetworkModeConfig') ?? at(configuration, 'VpcConfig'),
  };
}

function isInOtherRegion({ type, stack: { region } }: CheckedResource): boolean {
  if (region === undefined) return false;
  const name = type.replace('AWS::BedrockAgentCore::', '');
  return !AGENTCORE_REGIONS.has(region) || (TYPES_MISSING_IN_SOME.has(name) && REGIONS_WITHOUT_THEM.has(region));
}
