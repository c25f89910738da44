import type { CheckedApp, CheckedResource } from './checked-app';
import { network, TYPES_WITH_NETWORK } from './network-rules';
import { guide, type Finding, type Rule } from './rule';
import { at, items, literal } from './template-value';

const EVERYWHERE = new Set(['0.0.0.0/0', '::/0']);

export const SECURITY_GROUP_RULES: readonly Rule[] = [
  {
    id: 'AgentCore-SG1',
    level: 'error',
    title: 'Security group of a microVM that lets the internet in',
    why: 'nothing has to connect to a microVM, so whatever answers there was not meant to be reached',
    remedy: 'Take the rule out; AgentCore itself needs none.',
    documentation: guide('agentcore-vpc'),
    property: 'SecurityGroupIngress',
    check: eachGroup((group, app) =>
      rulesOf(app, group, 'Ingress')
        .map(destination)
        .filter((source) => EVERYWHERE.has(source))
        .map((source) => ({ detail: source, problem: `connections are let in from ${source}` })),
    ),
  },
  {
    id: 'AgentCore-SG2',
    level: 'warning',
    title: 'Security group of a microVM that lets everything out',
    why: 'what a model is talked into can reach every port of every host',
    remedy: 'Name the ports, for instance 443 alone, and the addresses where they are known.',
    documentation: guide('agentcore-vpc'),
    property: 'SecurityGroupEgress',
    check: eachGroup((group, app) => {
      const rules = rulesOf(app, group, 'Egress');
      // Amazon EC2 lets everything out of a group that has no rule of its own.
      if (rules.length === 0 && at(group.properties, 'SecurityGroupEgress') === undefined) {
        return [{ problem: 'the group has no rule for what goes out, so everything does' }];
      }
      return rules.some((rule) => literal(at(rule, 'IpProtocol')) === '-1' && EVERYWHERE.has(destination(rule)))
        ? [{ problem: 'every protocol is let out to every address' }]
        : [];
    }),
  },
];

/** Findings about each security group of the app that a resource of AgentCore is in. */
function eachGroup(
  check: (group: CheckedResource, app: CheckedApp) => readonly Omit<Finding, 'resource'>[],
): Rule['check'] {
  return (app) =>
    [...groupsOf(app)].flatMap((group) => check(group, app).map((found) => ({ ...found, resource: group })));
}

function groupsOf(app: CheckedApp): Set<CheckedResource> {
  const groups = TYPES_WITH_NETWORK.flatMap((type) => app.resourcesOfType(`AWS::BedrockAgentCore::${type}`))
    .flatMap(({ properties, stack }) =>
      (items(at(network(properties).vpc, 'SecurityGroups')) ?? []).map((group) => app.resourceOf(stack, group)),
    )
    .filter((group) => group?.type === 'AWS::EC2::SecurityGroup');
  return new Set(groups.filter((group) => group !== undefined));
}

/** The rules of a group, and those that are resources of their own. */
function rulesOf(app: CheckedApp, group: CheckedResource, direction: 'Ingress' | 'Egress'): readonly unknown[] {
  const apart = app
    .resourcesOfType(`AWS::EC2::SecurityGroup${direction}`)
    .filter(({ stack, properties }) => app.resourceOf(stack, at(properties, 'GroupId')) === group)
    .map(({ properties }) => properties);
  return [...(items(at(group.properties, `SecurityGroup${direction}`)) ?? []), ...apart];
}

/** The addresses of a rule; empty where they are not known. */
function destination(rule: unknown): string {
  return literal(at(rule, 'CidrIp') ?? at(rule, 'CidrIpv6')) ?? '';
}
