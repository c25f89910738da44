import { Actions } from '../iam/actions';
import type { CheckedStack } from './checked-app';
import { allowsAny, type PolicyStatement } from './policy-statement';
import { shortName } from './resource-pattern';
import { eachRole } from './role-rules';
import { guide, type Rule } from './rule';
import { printed, text } from './template-value';
import { listsUsers, WorkspaceBuckets } from './workspace-buckets';

const OBJECT_ACTIONS = [
  ...[...Actions.READ_OBJECTS, ...Actions.WRITE_OBJECTS, ...Actions.DELETE_OBJECTS],
  ...['s3:GetObjectVersion', 's3:DeleteObjectVersion'],
];
const LIST_ACTIONS = [...Actions.LIST_OBJECTS, 's3:ListBucketVersions'];

export const WORKSPACE_RULES: readonly Rule[] = [
  {
    id: 'AgentCore-BK3',
    level: 'error',
    title: 'Role that reaches the workspaces of every user',
    why: 'AgentCore uses the role for whoever calls, so a user can be shown what belongs to the others',
    remedy:
      'Give the bucket to the agent as a capability, which opens one user at a time, and other data a folder or bucket of its own.',
    documentation: guide('runtime-security-best-practices'),
    property: 'PolicyDocument',
    check: eachRole(({ statements }, app) =>
      statements.flatMap(({ policy, statement }) =>
        statement.resourceValues.flatMap((resource) => {
          const problem = problemOf(WorkspaceBuckets.of(app), policy.stack, statement, resource);
          const rendered = text(resource) ?? '';
          return problem === undefined
            ? []
            : [{ resource: policy, detail: shortName(rendered), problem: `${problem} ${printed(rendered)}` }];
        }),
      ),
    ),
  },
];

function problemOf(
  buckets: WorkspaceBuckets,
  stack: CheckedStack,
  statement: PolicyStatement,
  resource: unknown,
): string | undefined {
  // Everything is the matter of another rule.
  if (resource === '*') return undefined;
  if (allowsAny(statement, OBJECT_ACTIONS) && buckets.hasObjectsIn(stack, resource)) {
    return 'objects of every user can be reached on';
  }
  const prefixes = statement.conditions.get('s3:prefix');
  const canList = allowsAny(statement, LIST_ACTIONS) && (prefixes === undefined || listsUsers(prefixes));
  return canList && buckets.has(stack, resource) ? 'the keys of every user can be listed on' : undefined;
}
