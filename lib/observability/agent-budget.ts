import { createHash } from 'node:crypto';
import { aws_budgets as budgets, Fn, Names, Stack, Token } from 'aws-cdk-lib';
import type { aws_sns as sns } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { grantBudgetNotices } from '../iam/topic-notices';
import { repeated } from '../private/repeated';
import { requireProperties } from '../private/required-properties';
import { throwFindings } from '../private/validation';
import { BudgetCosts } from './budget-costs';

/** Properties of an AgentBudget. */
export interface AgentBudgetProps {
  /** What may be spent in a calendar month, in US dollars. */
  readonly monthlyLimitUsd: number;

  /**
   * Which costs count.
   *
   * @default BudgetCosts.agentServices()
   */
  readonly costs?: BudgetCosts;

  /**
   * Who is told by e-mail: 10 addresses at the most. At least one, or `topic`.
   *
   * @default - nobody
   */
  readonly emails?: readonly string[];

  /**
   * A topic that is told. The policy of a topic or key that is imported must let AWS Budgets use it.
   *
   * @default - none
   */
  readonly topic?: sns.ITopic;

  /**
   * At how many percent of the limit it is told what was spent.
   *
   * @default [80, 100]
   */
  readonly actualThresholds?: readonly number[];

  /**
   * At how many percent of the limit it is told what will be spent by the end of the month. AWS forecasts once there are
   * about five weeks of data.
   *
   * @default [100]
   */
  readonly forecastThresholds?: readonly number[];
}

/** AWS::Budgets::Budget in the CloudFormation template reference. */
const MAX_EMAILS = 10;
const MAX_NOTIFICATIONS = 10;
const MAX_THRESHOLD = 1_000_000;

/** Leaves room for Region and hash in the 100 characters that AWS Budgets allows. */
const MAX_NAME = 64;

/**
 * Tells when agents cost more than they should, or will by the end of the month. It tells and stops nothing: AWS knows costs
 * some hours late, so `limits` of an `AgentRuntime` is what ends a session that spends too much.
 */
export class AgentBudget extends Construct {
  /** The budget: the way to what this construct does not offer. */
  public readonly budget: budgets.CfnBudget;

  /** @throws Error with every finding about the properties */
  constructor(scope: Construct, id: string, props: AgentBudgetProps) {
    super(scope, id);
    requireProperties(this, props, { monthlyLimitUsd: 'US dollars' });
    const { monthlyLimitUsd, costs = BudgetCosts.agentServices(), emails = [], topic } = props;
    const { actualThresholds = [80, 100], forecastThresholds = [100] } = props;
    throwFindings(this, [
      ...limitFindings(monthlyLimitUsd),
      ...costs.findings,
      ...subscriberFindings(emails, topic),
      ...thresholdFindings('actualThresholds', actualThresholds),
      ...thresholdFindings('forecastThresholds', forecastThresholds),
      ...countFindings(actualThresholds.length + forecastThresholds.length),
    ]);
    const subscribers = [
      ...emails.map((address) => ({ subscriptionType: 'EMAIL', address })),
      ...(topic === undefined ? [] : [{ subscriptionType: 'SNS', address: topic.topicArn }]),
    ];
    const notify = (notificationType: string) => (threshold: number) => ({
      notification: {
        notificationType,
        comparisonOperator: 'GREATER_THAN',
        threshold,
        thresholdType: 'PERCENTAGE',
      },
      subscribers,
    });
    const notificationsWithSubscribers = [
      ...actualThresholds.map(notify('ACTUAL')),
      ...forecastThresholds.map(notify('FORECASTED')),
    ];
    this.budget = new budgets.CfnBudget(this, 'Budget', {
      budget: {
        budgetName: this.nameFor(notificationsWithSubscribers),
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: monthlyLimitUsd, unit: 'USD' },
        filterExpression: costs.filter,
        metrics: ['UnblendedCost'],
      },
      notificationsWithSubscribers,
    });
    if (topic !== undefined) grantBudgetNotices(this, topic);
  }

  /**
   * A name with the Region in it, because budgets of all Regions are in one list, and with a hash of the notifications,
   * because a change of them replaces the budget and the new one is made before the old one is deleted.
   */
  private nameFor(notifications: unknown): string {
    const stack = Stack.of(this);
    const hash = createHash('sha256')
      .update(JSON.stringify(stack.resolve(notifications)))
      .digest('hex')
      .slice(0, 8);
    const name = Names.uniqueResourceName(this, { maxLength: MAX_NAME, separator: '-' });
    return Fn.join('-', [name, stack.region, hash]);
  }
}

function limitFindings(limit: number): string[] {
  return Token.isUnresolved(limit) || (Number.isFinite(limit) && limit > 0)
    ? []
    : [`monthlyLimitUsd is ${limit}; give US dollars above 0, for instance 500`];
}

function subscriberFindings(emails: readonly string[], topic: sns.ITopic | undefined): string[] {
  return [
    ...(emails.length === 0 && topic === undefined ? ['nobody would hear of the budget; give emails or a topic'] : []),
    ...(emails.length > MAX_EMAILS
      ? [
          `${emails.length} e-mail addresses are given; AWS Budgets writes to ${MAX_EMAILS} at the most: use a topic or a mailing list`,
        ]
      : []),
    ...emails
      .filter((email) => !Token.isUnresolved(email) && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email))
      .map((email) => `"${email}" is no e-mail address; it looks like "ops@example.com"`),
    ...repeated(emails).map((email) => `emails has "${email}" twice; give it once`),
  ];
}

function thresholdFindings(property: string, thresholds: readonly number[]): string[] {
  return [
    ...thresholds
      .filter((threshold) => !(threshold > 0 && threshold <= MAX_THRESHOLD))
      .map(
        (threshold) => `${property} has ${threshold}; give percent of the limit, above 0 and up to ${MAX_THRESHOLD}`,
      ),
    ...repeated(thresholds).map((threshold) => `${property} has ${threshold} twice; give it once`),
  ];
}

function countFindings(count: number): string[] {
  if (count === 0)
    return ['actualThresholds and forecastThresholds are both empty, so nobody is ever told; give at least one'];
  return count > MAX_NOTIFICATIONS
    ? [`${count} thresholds are given; a budget has at most ${MAX_NOTIFICATIONS}: leave some out`]
    : [];
}
