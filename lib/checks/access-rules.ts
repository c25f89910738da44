import { Actions } from '../iam/actions';
import { AGENTCORE_ACTIONS_WITH_RESOURCES } from './agentcore-actions';
import { matches } from './policy-statement';
import { covers } from './resource-pattern';
import { RESOURCE_ACTIONS } from './resource-actions';
import { eachResourceOfStatements, eachRole } from './role-rules';
import { guide, type Rule } from './rule';
import { printed } from './template-value';

/** Actions that take resources: all of AgentCore, and of other services those that agents use. */
const LIMITABLE = [...AGENTCORE_ACTIONS_WITH_RESOURCES, ...RESOURCE_ACTIONS];
const TOOL_ACTIONS = AGENTCORE_ACTIONS_WITH_RESOURCES.filter((action) => /CodeInterpreter|Browser/.test(action));
const READ_SECRET = ['secretsmanager:GetSecretValue'];
const OTHER_SECRETS = ['oauth2', 'apikey'].map(
  (kind) => `secret:bedrock-agentcore-identity!default/${kind}/other-0a1b2c`,
);
const OTHER_TOOLS = [
  ...['code-interpreter-custom/other-0123456789', 'browser-custom/other-0123456789'],
  ...['code-interpreter/other', 'browser/other'],
];

/** Actions on `*` that a rule of their own reports. */
const REPORTED_ELSEWHERE = new Set<string>([
  ...Actions.INVOKE_MODEL,
  ...Actions.PULL_IMAGE,
  ...TOOL_ACTIONS,
  ...READ_SECRET,
]);

export const ACCESS_RULES: readonly Rule[] = [
  {
    id: 'AgentCore-AC1',
    level: 'error',
    title: 'Permission on every resource for an action that can be limited',
    why: 'the agent reaches what belongs to other applications of the account',
    remedy: 'Name the resources; actions without resource types belong into a statement of their own.',
    documentation: guide('runtime-security-best-practices'),
    property: 'PolicyDocument',
    check: eachRole(({ statements }) =>
      statements
        .filter(
          ({ statement }) => statement.resources.includes('*') && !isLimitedByTag([...statement.conditions.keys()]),
        )
        .flatMap(({ policy, statement }) =>
          statement.actions
            .filter((action) => statement.effect === 'Allow' && canBeLimited(action))
            .map((action) => ({
              resource: policy,
              detail: action,
              problem: `${action} is allowed on every resource`,
            })),
        ),
    ),
  },
  {
    id: 'AgentCore-AC2',
    level: 'error',
    title: 'Permission to read the credentials of every provider',
    why: 'the agent can read the client secrets and keys that other agents use',
    remedy: 'Name the secret of the provider: bedrock-agentcore-identity!default/oauth2/<provider>-*.',
    documentation: guide('runtime-security-best-practices'),
    property: 'PolicyDocument',
    check: eachResourceOfStatements(READ_SECRET, (resource) =>
      OTHER_SECRETS.some((other) => covers(resource, 'secretsmanager', other))
        ? `secrets can be read on ${printed(resource)}`
        : undefined,
    ),
  },
  {
    id: 'AgentCore-AC3',
    level: 'warning',
    title: 'Permission to pull every image',
    why: 'the images of other applications, with all that is in them, can be read',
    remedy: 'Name the repository of the image.',
    documentation: guide('runtime-permissions'),
    property: 'PolicyDocument',
    check: eachResourceOfStatements(Actions.PULL_IMAGE, (resource) =>
      covers(resource, 'ecr', 'repository/other') ? `images can be pulled from ${printed(resource)}` : undefined,
    ),
  },
  {
    id: 'AgentCore-AC4',
    level: 'error',
    title: 'Permission to use every code interpreter or browser',
    why: 'the agent can run code with the roles, and read the sessions, of the tools of other agents',
    remedy: 'Name the ARN of the tool.',
    documentation: guide('runtime-security-best-practices'),
    property: 'PolicyDocument',
    check: eachResourceOfStatements(TOOL_ACTIONS, (resource) =>
      OTHER_TOOLS.some((other) => covers(resource, 'bedrock-agentcore', other))
        ? `code interpreters or browsers can be used on ${printed(resource)}`
        : undefined,
    ),
  },
];

/** Whether an action, or one that a pattern stands for, takes resources and is not the matter of another rule. */
function canBeLimited(pattern: string): boolean {
  return LIMITABLE.some((action) => matches(pattern, action) && !REPORTED_ELSEWHERE.has(action));
}

function isLimitedByTag(keys: readonly string[]): boolean {
  return keys.some((key) => /(^|:)resourcetag\//.test(key) || key === 'aws:resourceorgid');
}
