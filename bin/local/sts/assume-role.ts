import type { RequestContext, RolePolicies } from '../../../lib/testing';
import type { Audit } from '../audit';
import type { CredentialStore, MintedCredentials, Principal } from '../credentials';
import { isOpenTo } from '../decision';
import type { TemplateRole } from '../resources/role';
import { invalid, sameKey, type AssumeRoleInput } from './assume-role-input';
import type { RoleDirectory } from './role-directory';

const DEFAULT_SECONDS = 3_600;
/** Source: "Roles terms and concepts", role chaining: one hour, whatever the role allows. */
const MAX_CHAINED_SECONDS = 3_600;

/** A session of a role, with the credentials that act for it. */
export interface AssumedRole {
  readonly principal: Principal;
  readonly credentials: MintedCredentials;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface AssumeRoleServices {
  readonly roles: RoleDirectory;
  readonly credentials: CredentialStore;
  readonly audit: Audit;
}

/**
 * Lets `caller` be another role for a while. The role has to trust the caller, and the caller's own policies have to allow
 * it unless the role names the caller itself; the same goes for the tags, which are an action of their own.
 *
 * @throws RequestFault 403 when one of the two does not allow it, 400 for what IAM never does
 */
export function assumeRole(
  { roles, credentials, audit }: AssumeRoleServices,
  caller: Principal,
  input: AssumeRoleInput,
): AssumedRole {
  const inherited = transitiveTagsOf(caller);
  const overridden = Object.keys(input.tags).find((key) => sameKey(Object.keys(inherited), key) !== undefined);
  if (overridden !== undefined) {
    throw invalid(`the tag "${overridden}" is transitive in the caller's session and cannot be given another value`);
  }
  const role = roles.find(input.roleArn);
  const actions = Object.keys(input.tags).length > 0 ? ['sts:AssumeRole', 'sts:TagSession'] : ['sts:AssumeRole'];
  const context = requestContext(input);
  const policies = role === undefined ? undefined : readPolicies(role);
  for (const action of actions) {
    const request = { action, resource: input.roleArn, context };
    // Whether a role exists is not told to those who may not assume it.
    if (policies === undefined || !isOpenTo(policies.trustPolicy, caller, request)) {
      throw audit.refuse(caller, request, 'because the trust policy of the role does not allow it');
    }
    const Statement = policies.trustPolicy.Statement.map((one) => ({ ...one, Resource: input.roleArn }));
    audit.require(caller, [request], { ...policies.trustPolicy, Statement });
  }
  if (role === undefined || policies === undefined) throw new Error(`the role ${input.roleArn} is not known`);

  const seconds = sessionSeconds(input.seconds, role, caller);
  const principal: Principal = {
    arn: `arn:${role.partition}:sts::${role.account}:assumed-role/${role.name}/${input.sessionName}`,
    partition: role.partition,
    account: role.account,
    policies: { ...policies, ...(input.sessionPolicy === undefined ? {} : { sessionPolicy: input.sessionPolicy }) },
    role: { arn: role.arn },
    tags: { ...role.tags, ...inherited, ...input.tags },
    transitiveTags: [...Object.keys(inherited), ...input.transitiveTags],
  };
  const expiresAt = Math.floor(Date.now() / 1000 + seconds) * 1000;
  roles.noteUse(role);
  return { principal, expiresAt, credentials: credentials.mint(principal, expiresAt) };
}

function requestContext({ tags, transitiveTags, sessionName, externalId }: AssumeRoleInput): RequestContext {
  const keys = Object.keys(tags);
  return {
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...(keys.length === 0 ? {} : { 'aws:TagKeys': keys }),
    ...(transitiveTags.length === 0 ? {} : { 'sts:TransitiveTagKeys': transitiveTags }),
    'sts:RoleSessionName': sessionName,
    ...(externalId === undefined ? {} : { 'sts:ExternalId': externalId }),
  };
}

function readPolicies(role: TemplateRole): RolePolicies {
  try {
    return role.policies();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalid(`the role ${role.name} cannot be assumed locally: ${reason}`);
  }
}

function sessionSeconds(wanted: number | undefined, role: TemplateRole, caller: Principal): number {
  const seconds = wanted ?? DEFAULT_SECONDS;
  if (caller.role !== undefined && seconds > MAX_CHAINED_SECONDS) {
    throw invalid(
      `DurationSeconds is ${String(seconds)}; a role that assumes another one gets at most ${String(MAX_CHAINED_SECONDS)}`,
    );
  }
  if (seconds > role.maxSessionSeconds) {
    throw invalid(
      `DurationSeconds is ${String(seconds)}; the role's MaxSessionDuration is ${String(role.maxSessionSeconds)}`,
    );
  }
  return seconds;
}

function transitiveTagsOf({ tags = {}, transitiveTags = [] }: Principal): Record<string, string> {
  return Object.fromEntries(transitiveTags.flatMap((key) => (tags[key] === undefined ? [] : [[key, tags[key]]])));
}
