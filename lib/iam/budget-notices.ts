import { Annotations, aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { aws_sns as sns } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { Actions } from './actions';

/**
 * Lets AWS Budgets publish to `topic` for budgets of this account, and use the key of the topic where it has one of the
 * account. The policy of a topic that is only imported cannot be changed, so it has to say so already: a note tells.
 */
export function grantBudgetNotices(scope: IConstruct, topic: sns.ITopic): void {
  const { statementAdded } = topic.addToResourcePolicy(statement(scope, Actions.PUBLISH, topic.topicArn));
  topic.masterKey?.addToResourcePolicy(statement(scope, Actions.ENCRYPT_MESSAGES, '*'));
  if (statementAdded) return;
  Annotations.of(scope).addInfoV2(
    'cdk-agentcore-constructs:importedBudgetTopic',
    `the policy of the topic ${topic.node.path} is not changed, because the topic is imported; let it allow budgets.amazonaws.com the action ${Actions.PUBLISH.join()} for this account, or nobody hears of the budget`,
  );
}

function statement(scope: IConstruct, actions: readonly string[], resource: string): iam.PolicyStatement {
  const { partition, account } = Stack.of(scope);
  return new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal('budgets.amazonaws.com')],
    actions: [...actions],
    resources: [resource],
    conditions: {
      StringEquals: { 'aws:SourceAccount': account },
      ArnLike: { 'aws:SourceArn': `arn:${partition}:budgets::${account}:*` },
    },
  });
}
