import { AGENTCORE_SERVICE } from '../iam/agentcore-trust';
import type { CheckedApp, CheckedResource } from './checked-app';
import { statementsOf, type PolicyStatement } from './policy-statement';
import { at, isRecord, isUnknown, items, oneOrMore } from './template-value';

const ROLE = 'AWS::IAM::Role';
const ATTACHABLE_POLICIES = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::RolePolicy'];

/** A role that AgentCore uses, with everything in the app that says what it may do. */
export interface AgentCoreRole {
  readonly role: CheckedResource;
  /** The resources of AgentCore that name the role. */
  readonly usedBy: readonly CheckedResource[];
  /** The statements, each with the resource it is written in. */
  readonly statements: readonly { readonly policy: CheckedResource; readonly statement: PolicyStatement }[];
}

/** What was found out about the roles of an app, once for all rules. */
const roles = new WeakMap<CheckedApp, readonly AgentCoreRole[]>();
const attachments = new WeakMap<CheckedApp, ReadonlyMap<CheckedResource, readonly CheckedResource[]>>();

/** The roles that a resource of AgentCore names, or that AgentCore may assume. */
export function agentCoreRoles(app: CheckedApp): readonly AgentCoreRole[] {
  const known = roles.get(app);
  if (known !== undefined) return known;
  const users = new Map<CheckedResource, CheckedResource[]>();
  for (const resource of app.agentCoreResources()) {
    for (const reference of roleReferences(resource.properties)) {
      const role = app.resourceOf(resource.stack, reference);
      if (role?.type !== ROLE) continue;
      const named = users.get(role) ?? [];
      users.set(role, named);
      named.push(resource);
    }
  }
  const found = app
    .resourcesOfType(ROLE)
    .filter((role) => users.has(role) || trustStatements(role).length > 0)
    .map((role) => ({
      role,
      usedBy: users.get(role) ?? [],
      statements: policiesOfRole(app, role).flatMap((policy) =>
        policyStatements(policy).map((statement) => ({ policy, statement })),
      ),
    }));
  roles.set(app, found);
  return found;
}

/** Every resource of the app that can say what a role may do. */
export function policiesOfRoles(app: CheckedApp): readonly CheckedResource[] {
  return [ROLE, ...ATTACHABLE_POLICIES].flatMap((type) => app.resourcesOfType(type));
}

/** The policies of a role; the role itself where it has some inline. */
export function policiesOfRole(app: CheckedApp, role: CheckedResource): readonly CheckedResource[] {
  const attached = attachments.get(app) ?? attachedPolicies(app);
  attachments.set(app, attached);
  const named = oneOrMore(at(role.properties, 'ManagedPolicyArns')).map((arn) => app.resourceOf(role.stack, arn));
  const policies = [...(attached.get(role) ?? []), ...named.filter((policy) => policy !== undefined)];
  return [...(at(role.properties, 'Policies') === undefined ? [] : [role]), ...policies];
}

/** The statements that a role, a user, a group or a policy grants. */
export function policyStatements({ properties }: CheckedResource): PolicyStatement[] {
  const documents = [
    at(properties, 'PolicyDocument'),
    ...(items(at(properties, 'Policies')) ?? []).map((policy) => at(policy, 'PolicyDocument')),
  ];
  return documents.flatMap(statementsOf);
}

/** The statements by which AgentCore may assume a role. */
export function trustStatements({ properties }: CheckedResource): PolicyStatement[] {
  return statementsOf(at(properties, 'AssumeRolePolicyDocument')).filter(
    ({ effect, principal }) => effect === 'Allow' && oneOrMore(at(principal, 'Service')).includes(AGENTCORE_SERVICE),
  );
}

function attachedPolicies(app: CheckedApp): Map<CheckedResource, CheckedResource[]> {
  const attached = new Map<CheckedResource, CheckedResource[]>();
  for (const policy of ATTACHABLE_POLICIES.flatMap((type) => app.resourcesOfType(type))) {
    const references = [...oneOrMore(at(policy.properties, 'Roles')), ...oneOrMore(at(policy.properties, 'RoleName'))];
    for (const reference of references) {
      const role = app.resourceOf(policy.stack, reference);
      if (role === undefined) continue;
      const found = attached.get(role) ?? [];
      attached.set(role, found);
      found.push(policy);
    }
  }
  return attached;
}

/** The values of the properties under `value` that name a role: RoleArn, ExecutionRoleArn and the like. */
function roleReferences(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(roleReferences);
  if (!isRecord(value) || isUnknown(value)) return [];
  return Object.entries(value).flatMap(([property, inner]) =>
    property.endsWith('RoleArn') ? [inner] : roleReferences(inner),
  );
}
