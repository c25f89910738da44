import { evaluateTrust, type PolicyDocumentJson, type RequestContext } from '../../../lib/testing';
import { list } from '../../../lib/testing/policy';
import type { CredentialStore, MintedCredentials } from '../credentials';
import { RequestFault } from '../http-messages';
import type { RoleDirectory } from './role-directory';

/** On whose word a role is taken on; AWS GovCloud (US) has a name of its own. Ids of pools begin with their Region. */
function providerOf(poolId: string): string {
  return poolId.startsWith('us-gov-') ? 'cognito-identity-us-gov.amazonaws.com' : 'cognito-identity.amazonaws.com';
}

/** Who is given the credentials of a role by an identity pool. */
export interface WebIdentity {
  readonly poolId: string;
  readonly identityId: string;
  readonly roleArn: string;
  /** Of the session. */
  readonly tags: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * The credentials of a role for somebody whom an identity pool knows. The role alone decides: nobody's own policies are
 * asked.
 *
 * @throws RequestFault 400 when the role does not trust the pool for this
 */
export function assumeRoleForIdentity(
  roles: RoleDirectory,
  credentials: CredentialStore,
  { poolId, identityId, roleArn, tags, expiresAt }: WebIdentity,
): MintedCredentials {
  const role = roles.find(roleArn);
  const keys = Object.keys(tags);
  const provider = providerOf(poolId);
  const context: RequestContext = {
    [`${provider}:aud`]: poolId,
    [`${provider}:amr`]: ['authenticated', 'cognito-idp'],
    [`${provider}:sub`]: identityId,
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...(keys.length === 0 ? {} : { 'aws:TagKeys': keys }),
  };
  const actions = ['sts:AssumeRoleWithWebIdentity', ...(keys.length === 0 ? [] : ['sts:TagSession'])];
  const trust = role === undefined ? undefined : federated(role.policies().trustPolicy);
  const trusts = (action: string): boolean =>
    trust !== undefined && evaluateTrust(trust, { service: provider }, action, context).allowed;
  const refused = actions.find((action) => !trusts(action));
  if (role === undefined || refused !== undefined) {
    throw new RequestFault(
      400,
      'InvalidIdentityPoolConfigurationException',
      `Invalid identity pool configuration: the trust policy of the role ${roleArn} does not allow ${refused ?? 'it'} for ${poolId}`,
    );
  }
  roles.noteUse(role);
  const { partition, account, name, arn } = role;
  return credentials.mint(
    {
      arn: `arn:${partition}:sts::${account}:assumed-role/${name}/CognitoIdentityCredentials`,
      partition,
      account,
      policies: role.policies(),
      role: { arn },
      tags: { ...role.tags, ...tags },
    },
    expiresAt,
  );
}

/** The trust policy with those whom it federates as services, the form of a caller that the evaluator knows. */
function federated(policy: PolicyDocumentJson): PolicyDocumentJson {
  return {
    ...policy,
    Statement: policy.Statement.map((statement) => {
      const { Principal } = statement;
      if (typeof Principal !== 'object') return statement;
      return { ...statement, Principal: { Service: list<string>(Principal.Federated) } };
    }),
  };
}
