import { Annotations, aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { aws_sns as sns } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { Actions } from './actions';

/** A service that tells topics what happens in an account. */
interface Notifier {
  readonly service: string;
  /** On whose behalf it tells, as a pattern of ARNs of the account. */
  readonly sources: (stack: Stack) => string;
  /** What nobody hears of without it. */
  readonly about: string;
  readonly note: string;
}

const BUDGETS: Notifier = {
  service: 'budgets.amazonaws.com',
  sources: ({ partition, account }) => `arn:${partition}:budgets::${account}:*`,
  about: 'the budget',
  note: 'cdk-agentcore-constructs:importedBudgetTopic',
};

const ALARMS: Notifier = {
  service: 'cloudwatch.amazonaws.com',
  sources: ({ partition, region, account }) => `arn:${partition}:cloudwatch:${region}:${account}:alarm:*`,
  about: 'these alarms',
  note: 'cdk-agentcore-constructs:importedAlarmTopic',
};

/** Lets AWS Budgets publish to `topic` for budgets of this account: see {@link grantNotices}. */
export function grantBudgetNotices(scope: IConstruct, topic: sns.ITopic): void {
  grantNotices(scope, topic, BUDGETS);
}

/** Lets Amazon CloudWatch publish to `topic` for alarms of this account and Region: see {@link grantNotices}. */
export function grantAlarmNotices(scope: IConstruct, topic: sns.ITopic): void {
  grantNotices(scope, topic, ALARMS);
}

/**
 * Lets a service publish to `topic`, and use the key of the topic where it has one.
 *
 * It is said even though the policy that Amazon SNS gives a topic by default lets services of the account publish: any
 * other statement, for instance that of `enforceSSL`, replaces that policy. The policy of a topic or key that is only
 * imported cannot be changed, so it has to say so already: a note tells.
 */
function grantNotices(scope: IConstruct, topic: sns.ITopic, notifier: Notifier): void {
  const { masterKey: key } = topic;
  const toTopic = topic.addToResourcePolicy(statement(scope, notifier, Actions.PUBLISH, topic.topicArn));
  if (!toTopic.statementAdded) noteOfImport(scope, notifier, Actions.PUBLISH, `topic ${topic.node.path}`);
  const toKey = key?.addToResourcePolicy(statement(scope, notifier, Actions.ENCRYPT_MESSAGES, '*'));
  if (key !== undefined && toKey?.statementAdded === false) {
    noteOfImport(scope, notifier, Actions.ENCRYPT_MESSAGES, `key ${key.node.path}`);
  }
}

function noteOfImport(
  scope: IConstruct,
  { service, about, note }: Notifier,
  actions: readonly string[],
  what: string,
): void {
  Annotations.of(scope).addInfoV2(
    note,
    `the policy of the ${what} is not changed, because it is imported; let it allow ${service} to ${actions.join(' and ')} for this account, or nobody hears of ${about}`,
  );
}

function statement(
  scope: IConstruct,
  { service, sources }: Notifier,
  actions: readonly string[],
  resource: string,
): iam.PolicyStatement {
  const stack = Stack.of(scope);
  return new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal(service)],
    actions: [...actions],
    resources: [resource],
    conditions: {
      StringEquals: { 'aws:SourceAccount': stack.account },
      ArnLike: { 'aws:SourceArn': sources(stack) },
    },
  });
}
