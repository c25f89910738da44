import { aws_iam as iam } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { isInGovCloud } from '../private/gov-cloud';
import { Actions } from './actions';

/** The session tag that says on whose behalf a session of a user-scoped role runs. */
const USER_TAG = 'userId';

/** Stands in the policies of a user-scoped role for the user of the session. */
export const USER_KEY_VARIABLE = `\${aws:PrincipalTag/${USER_TAG}}`;

type Conditions = Readonly<Record<string, Record<string, string | string[]>>>;

/**
 * A user who is named, by a name that reaches into nobody else's keys, and nothing besides.
 *
 * Amazon STS refuses `*` and `?` in the value of a tag by itself; here they are refused whether it does or not.
 */
const NAMED_USER: Conditions = {
  StringLike: { [`aws:RequestTag/${USER_TAG}`]: '?*' },
  StringNotLike: { [`aws:RequestTag/${USER_TAG}`]: ['*/*', '*${*}*', '*${?}*', '.', '..'] },
  'ForAllValues:StringEquals': { 'aws:TagKeys': [USER_TAG] },
};

/**
 * Conditions of taking on a user-scoped role with tags of the caller's choice. `ForAllValues` holds where there are no tags at
 * all, hence `Null`; transitive tags would reach further roles.
 */
const ONE_USER: Conditions = {
  ...NAMED_USER,
  Null: { 'aws:TagKeys': 'false', 'sts:TransitiveTagKeys': 'true' },
};

/** Who may take on a user-scoped role: `principal` alone, for one user at a time. */
export function userRoleTrust(principal: iam.IPrincipal): iam.PrincipalBase {
  return new iam.SessionTagsPrincipal(new iam.PrincipalWithConditions(principal, ONE_USER));
}

/** The claim of the user's token whose value becomes the tag of the session, as identity pools want it. */
export const USER_TAG_CLAIM: Readonly<Record<string, string>> = { [USER_TAG]: 'sub' };

/**
 * Who may take on a user-scoped role where an identity pool gives its credentials: whoever the pool knows by a token, and
 * nobody as whom the pool does not name. The pool alone makes the tags; there is no way to ask for others.
 *
 * @param stack that the pool is in. The name of the service is in keys of conditions too, which no template can choose at
 * deployment, so the Region of a stack in AWS GovCloud (US) must be known at synthesis
 */
export function identityPoolTrust(identityPoolId: string, stack: Stack): iam.IPrincipal {
  const service = isInGovCloud(stack) ? 'cognito-identity-us-gov.amazonaws.com' : 'cognito-identity.amazonaws.com';
  return new iam.SessionTagsPrincipal(
    new iam.FederatedPrincipal(
      service,
      {
        ...NAMED_USER,
        Null: { 'aws:TagKeys': 'false' },
        StringEquals: { [`${service}:aud`]: identityPoolId },
        'ForAnyValue:StringEquals': { [`${service}:amr`]: 'authenticated' },
      },
      Actions.ASSUME_WITH_WEB_IDENTITY[0],
    ),
  );
}

/** Lets a principal take on a user-scoped role, for one user at a time. */
export function userRoleAccess(roleArn: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: [...Actions.ASSUME_WITH_TAGS],
    resources: [roleArn],
    conditions: ONE_USER,
  });
}

/** Refuses everything to a session without a user, whatever a user-scoped role is granted and whoever comes to trust it. */
export function nothingWithoutUser(): iam.PolicyStatement {
  return new iam.PolicyStatement({
    effect: iam.Effect.DENY,
    actions: ['*'],
    resources: ['*'],
    // Holds for a tag that is missing as well as for one that is empty.
    conditions: { StringNotLike: { [`aws:PrincipalTag/${USER_TAG}`]: '?*' } },
  });
}
