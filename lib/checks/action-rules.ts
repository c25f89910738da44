import { AGENTCORE_ACTIONS } from './agentcore-actions';
import type { CheckedApp, CheckedResource } from './checked-app';
import { matches } from './policy-statement';
import { policyStatements } from './role-policies';
import type { Rule } from './rule';

const ACTIONS_OF_AGENTCORE =
  'https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrockagentcore.html';

const TYPES_WITH_POLICIES = [
  'Role',
  'Policy',
  'ManagedPolicy',
  'RolePolicy',
  'User',
  'UserPolicy',
  'Group',
  'GroupPolicy',
];

/** Names that are taken for service prefixes, such as those of the SDK clients and of the endpoints. */
const WRONG_PREFIX = /^(bedrock-agentcore-control|bedrock-agent-core|bedrockagentcore|agentcore|agent-core):/i;

/** Operations of Amazon Bedrock that have no action of their own, with the action that authorizes them. */
const WITHOUT_ACTION: Readonly<Record<string, string>> = {
  'bedrock:converse': 'bedrock:InvokeModel',
  'bedrock:conversestream': 'bedrock:InvokeModelWithResponseStream',
};

export const ACTION_RULES: readonly Rule[] = [
  {
    id: 'AgentCore-IA1',
    level: 'warning',
    title: 'Action that AgentCore does not have',
    why: 'IAM accepts any name, so the permission is simply missing; the list of this version may lack newer actions',
    remedy: 'Look the action up; acknowledge the warning if it exists.',
    documentation: ACTIONS_OF_AGENTCORE,
    property: 'PolicyDocument',
    check: eachAction((action) =>
      /^bedrock-agentcore:/i.test(action) && !AGENTCORE_ACTIONS.some((known) => matches(action, known))
        ? `AgentCore has no action ${action}`
        : undefined,
    ),
  },
  {
    id: 'AgentCore-IA2',
    level: 'error',
    title: 'Action under a name that IAM does not know',
    why: 'IAM accepts any name, so the permission is simply missing',
    remedy:
      'All actions of AgentCore begin with bedrock-agentcore:, those of its control plane too; Converse needs InvokeModel.',
    documentation: ACTIONS_OF_AGENTCORE,
    property: 'PolicyDocument',
    check: eachAction((action) => {
      if (WRONG_PREFIX.test(action)) return `${action} should be bedrock-agentcore:${action.split(':')[1] ?? ''}`;
      const needed = WITHOUT_ACTION[action.toLowerCase()];
      return needed === undefined ? undefined : `${action} is no action; ${needed} authorizes the operation`;
    }),
  },
];

/** Findings about each action of each policy of the app, whoever it is for. */
function eachAction(problemOf: (action: string) => string | undefined): Rule['check'] {
  return (app: CheckedApp) =>
    TYPES_WITH_POLICIES.flatMap((type) => app.resourcesOfType(`AWS::IAM::${type}`)).flatMap((resource) =>
      [...new Set(actionsOf(resource))].flatMap((action) => {
        const problem = problemOf(action);
        return problem === undefined ? [] : [{ resource, detail: action, problem }];
      }),
    );
}

function actionsOf(resource: CheckedResource): string[] {
  return policyStatements(resource).flatMap(({ actions }) => actions);
}
