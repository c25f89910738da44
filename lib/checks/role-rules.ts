import type { CheckedApp, CheckedResource } from './checked-app';
import { callersHaveJwt } from './authorizer-rules';
import { allowsAny, fixedPart, hasWildcard, type PolicyStatement } from './policy-statement';
import { covers, coversSimilarNames, shortName } from './resource-pattern';
import { agentCoreRoles, trustStatements, type AgentCoreRole } from './role-policies';
import { guide, type Finding, type Rule } from './rule';
import { at, fields, gapAtEnd, oneOrMore, printed, text, withPlainGaps } from './template-value';

const LOG_ACTIONS = [
  ...['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
  ...['logs:GetLogEvents', 'logs:FilterLogEvents', 'logs:StartQuery', 'logs:DeleteLogGroup', 'logs:PutResourcePolicy'],
];
const RUNTIME_LOG_GROUPS = '/aws/bedrock-agentcore/runtimes/';
const OTHER_LOGS = ['', ':log-stream:runtime-logs'].map(
  (stream) => `log-group:${RUNTIME_LOG_GROUPS}other-0123456789-DEFAULT${stream}`,
);
const IDENTITIES = 'workload-identity-directory/default/workload-identity/';

const TOKEN_ACTIONS = ['', 'ForJWT', 'ForUserId'].map((form) => `bedrock-agentcore:GetWorkloadAccessToken${form}`);
const TOKEN_FOR_USER = ['bedrock-agentcore:GetWorkloadAccessTokenForUserId'];

/** Managed policies of AWS that no agent needs: they reach far beyond what one agent owns. */
const BROAD_MANAGED_POLICY =
  /:iam::aws:policy\/(.*\/)?(AdministratorAccess|PowerUserAccess|ReadOnlyAccess|\w*FullAccess\w*)$/;

export const ROLE_RULES: readonly Rule[] = [
  {
    id: 'AgentCore-RL1',
    level: 'error',
    title: 'Role that AgentCore may assume for any account',
    why: 'another account could have AgentCore use the role on its behalf (confused deputy)',
    remedy: 'Add the conditions aws:SourceAccount and aws:SourceArn to the trust policy.',
    documentation: guide('runtime-permissions'),
    property: 'AssumeRolePolicyDocument',
    check: eachRole(({ role }) =>
      trustStatements(role)
        .filter((statement) => !isLimitedToAccount(statement))
        .slice(0, 1)
        .map(() => ({
          resource: role,
          problem: 'the trust policy limits neither aws:SourceAccount nor the account in aws:SourceArn',
        })),
    ),
  },
  {
    id: 'AgentCore-RL2',
    level: 'warning',
    title: 'Role that AgentCore may assume for resources of other names',
    why: 'whoever may make an AgentCore resource of a matching name can give it this role',
    remedy:
      'Let aws:SourceArn end in the name, a hyphen and a wildcard, for instance runtime/<name>-*: AgentCore appends an id.',
    documentation: guide('runtime-permissions'),
    property: 'AssumeRolePolicyDocument',
    check: eachRole(({ role }) =>
      trustStatements(role)
        .flatMap(({ conditions }) => conditions.get('aws:sourcearn') ?? [])
        .filter(sourceCoversOthers)
        .map((pattern) => ({
          resource: role,
          detail: shortName(pattern),
          problem: `aws:SourceArn is ${printed(pattern)}, which covers other names`,
        })),
    ),
  },
  {
    id: 'AgentCore-RL3',
    level: 'warning',
    title: 'Log permissions that cover other agents',
    why: 'the agent can write into the logs of others, or read what their users wrote',
    remedy: `Limit the resource to ${RUNTIME_LOG_GROUPS}<name>-*; logs:DescribeLogGroups alone needs every log group.`,
    documentation: guide('runtime-permissions'),
    property: 'PolicyDocument',
    check: eachResourceOfStatements(LOG_ACTIONS, (resource) => {
      const group = /:log-group:(.*?)(:log-stream:.*|:\*)?$/.exec(resource)?.[1] ?? '';
      const isTooWide =
        resource !== '*' &&
        (OTHER_LOGS.some((other) => covers(resource, 'logs', other)) || coversSimilarNames(group, RUNTIME_LOG_GROUPS));
      return isTooWide ? `log permissions on ${printed(resource)} cover other agents` : undefined;
    }),
  },
  {
    id: 'AgentCore-RL4',
    level: 'error',
    title: 'Workload tokens for the identities of other agents',
    why: 'the agent can ask for the credentials that users gave to another agent',
    remedy: 'Limit the resource to workload-identity-directory/default and workload-identity/<name>-* below it.',
    documentation: guide('runtime-permissions'),
    property: 'PolicyDocument',
    check: eachResourceOfStatements(TOKEN_ACTIONS, (resource) => {
      const identity = fields(resource).at(-1) ?? '';
      const isTooWide =
        resource !== '*' &&
        (covers(resource, 'bedrock-agentcore', `${IDENTITIES}other-0123456789`) ||
          coversSimilarNames(identity, IDENTITIES));
      return isTooWide ? `workload tokens for ${printed(resource)} are those of other agents too` : undefined;
    }),
  },
  {
    id: 'AgentCore-RL5',
    level: 'error',
    title: 'Workload tokens by user id although callers bring a JWT',
    why: 'this form believes any user id, so the agent can act for users who never called it',
    remedy: 'Grant bedrock-agentcore:GetWorkloadAccessTokenForJWT only.',
    documentation: guide('runtime-permissions'),
    property: 'PolicyDocument',
    check: eachRole(({ usedBy, statements }) =>
      usedBy.some((resource) => callersHaveJwt(resource) === true)
        ? statements
            .filter(({ statement }) => allowsAny(statement, TOKEN_FOR_USER))
            .map(({ policy }) => ({
              resource: policy,
              problem: 'GetWorkloadAccessTokenForUserId is granted, but callers bring a JWT',
            }))
        : [],
    ),
  },
  {
    id: 'AgentCore-RL6',
    level: 'error',
    title: 'Role with a broad managed policy of AWS',
    why: 'it allows far more than one agent needs, on everything in the account',
    remedy: 'Grant the actions and resources that the agent uses.',
    documentation: guide('runtime-security-best-practices'),
    property: 'ManagedPolicyArns',
    check: eachRole(({ role }) =>
      oneOrMore(at(role.properties, 'ManagedPolicyArns')).flatMap((arn) => {
        const name = BROAD_MANAGED_POLICY.exec(withPlainGaps(text(arn) ?? ''))?.[2];
        return name === undefined ? [] : [{ resource: role, detail: name, problem: `the role has the policy ${name}` }];
      }),
    ),
  },
];

/** Findings about each role that AgentCore uses; one that several roles share is reported once. */
export function eachRole(check: (role: AgentCoreRole, app: CheckedApp) => readonly Finding[]): Rule['check'] {
  return (app: CheckedApp) => {
    const seen = new Map<CheckedResource, Set<string>>();
    return agentCoreRoles(app)
      .flatMap((role) => check(role, app))
      .filter(({ resource, detail = '', problem }) => {
        const found = seen.get(resource) ?? new Set();
        seen.set(resource, found);
        const key = `${detail}\n${problem}`;
        return !found.has(key) && found.add(key);
      });
  };
}

/**
 * Findings about each resource on which a role that AgentCore uses is allowed one of `actions`.
 *
 * @param problemOf what is wrong with the resource; undefined where nothing is
 */
export function eachResourceOfStatements(
  actions: readonly string[],
  problemOf: (resource: string, statement: PolicyStatement) => string | undefined,
): Rule['check'] {
  return eachRole(({ statements }) =>
    statements
      .filter(({ statement }) => allowsAny(statement, actions))
      .flatMap(({ policy, statement }) =>
        statement.resources.flatMap((resource) => {
          const problem = problemOf(resource, statement);
          return problem === undefined ? [] : [{ resource: policy, detail: shortName(resource), problem }];
        }),
      ),
  );
}

function isLimitedToAccount({ conditions }: PolicyStatement): boolean {
  const accounts = conditions.get('aws:sourceaccount') ?? [];
  const sources = (conditions.get('aws:sourcearn') ?? []).map((arn) => withPlainGaps(arn).split(':')[4] ?? '');
  return [accounts, sources].some(
    (limits) => limits.length > 0 && limits.every((limit) => !hasWildcard(limit) && limit !== ''),
  );
}

/** Whether an ARN pattern of a trust policy covers more than one name; false where that is not known. */
function sourceCoversOthers(pattern: string): boolean {
  const parts = fields(pattern);
  const name = parts.length > 5 ? parts.slice(5).join(':') : pattern;
  const fixed = fixedPart(name);
  return hasWildcard(name) && gapAtEnd(fixed) === undefined && !/[^/:]-$/.test(withPlainGaps(fixed));
}
