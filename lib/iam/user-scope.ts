import { aws_iam as iam } from 'aws-cdk-lib';
import { Actions } from './actions';

/** The session tag that says on whose behalf a session of a user-scoped role runs. */
const USER_TAG = 'userId';

/** Stands in the policies of a user-scoped role for the user of the session. */
export const USER_KEY_VARIABLE = `\${aws:PrincipalTag/${USER_TAG}}`;

/**
 * Conditions of taking on a user-scoped role: with a user who is named, by a name that reaches into nobody else's keys, and
 * with nothing besides. `ForAllValues` holds where there are no tags at all, hence `Null`; transitive tags would reach
 * further roles.
 *
 * Amazon STS refuses `*` and `?` in the value of a tag by itself; here they are refused whether it does or not.
 */
const ONE_USER: Readonly<Record<string, Record<string, string | string[]>>> = {
  StringLike: { [`aws:RequestTag/${USER_TAG}`]: '?*' },
  StringNotLike: { [`aws:RequestTag/${USER_TAG}`]: ['*/*', '*${*}*', '*${?}*', '.', '..'] },
  'ForAllValues:StringEquals': { 'aws:TagKeys': [USER_TAG] },
  Null: { 'aws:TagKeys': 'false', 'sts:TransitiveTagKeys': 'true' },
};

/** Who may take on a user-scoped role: `principal` alone, for one user at a time. */
export function userRoleTrust(principal: iam.IPrincipal): iam.IPrincipal {
  return new iam.SessionTagsPrincipal(new iam.PrincipalWithConditions(principal, ONE_USER));
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
