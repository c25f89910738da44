import { App, aws_kms as kms, aws_sns as sns, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AgentBudget, type AgentBudgetProps } from '../../lib/observability/agent-budget';
import { BudgetCosts } from '../../lib/observability/budget-costs';
import { evaluateTrust } from '../../lib/testing';
import { policyDocument } from '../../lib/testing/policy';
import { nagFindings } from '../support/nag';
import { ACCOUNT, REGION, resolvedTemplate, testStack } from '../support/stack';

const TYPE = 'AWS::Budgets::Budget';
const EMAILS = ['ops@example.com'];

interface Budget {
  readonly Budget: { readonly BudgetName: string; readonly FilterExpression: Filter; readonly [name: string]: unknown };
  readonly NotificationsWithSubscribers: unknown;
}

interface Values {
  readonly Key: string;
  readonly Values: readonly string[];
}

interface Filter {
  readonly Or?: readonly Filter[];
  readonly Dimensions?: Values;
  readonly Tags?: Values;
}

function budgetIn(stack: Stack, props: Partial<AgentBudgetProps> = {}): Budget {
  new AgentBudget(stack, 'Budget', { monthlyLimitUsd: 500, emails: EMAILS, ...props });
  const [budget] = resolvedTemplate(stack, { standIn: ({ logicalId }) => logicalId }).resourcesOfType(TYPE);
  return budget?.properties as unknown as Budget;
}

/** Whether a line of the bill counts: its dimensions and its tags. */
function counts({ Or, Dimensions, Tags }: Filter, line: Readonly<Record<string, string>>): boolean {
  if (Or !== undefined) return Or.some((filter) => counts(filter, line));
  const { Key = '', Values = [] } = Dimensions ?? Tags ?? {};
  return Values.includes(line[Dimensions === undefined ? `tag ${Key}` : Key] ?? '');
}

const BILL = {
  runtime: { SERVICE: 'Amazon Bedrock AgentCore', BILLING_ENTITY: 'AWS', 'tag Team': 'support' },
  titan: { SERVICE: 'Amazon Bedrock', BILLING_ENTITY: 'AWS' },
  claude: {
    SERVICE: 'Claude Sonnet 5.5 (Amazon Bedrock Edition)',
    BILLING_ENTITY: 'AWS Marketplace',
    'tag iamPrincipal/Team': 'support',
  },
  otherTeam: { SERVICE: 'Amazon Bedrock AgentCore', BILLING_ENTITY: 'AWS', 'tag Team': 'sales' },
  database: { SERVICE: 'Amazon DynamoDB', BILLING_ENTITY: 'AWS' },
};

describe('what counts towards a budget', () => {
  test.each<[string, BudgetCosts | undefined, (keyof typeof BILL)[]]>([
    [
      'the services of agents, Claude models included, unless told otherwise',
      undefined,
      ['runtime', 'titan', 'claude', 'otherTeam'],
    ],
    ['a tag, on resources and on roles that call models', BudgetCosts.tagged('Team', 'support'), ['runtime', 'claude']],
    ['services by name', BudgetCosts.services(['Amazon Bedrock']), ['titan']],
  ])('%s', (_, costs, counted) => {
    const { FilterExpression } = budgetIn(testStack(), costs === undefined ? {} : { costs }).Budget;
    const found = Object.entries(BILL).filter(([, line]) => counts(FilterExpression, line));
    expect(found.map(([name]) => name)).toEqual(counted);
  });
});

describe('a budget', () => {
  test('is of a month, in US dollars, and tells at 80 and 100 percent spent and 100 percent foreseen', () => {
    const { Budget, NotificationsWithSubscribers } = budgetIn(testStack());
    expect(Budget).toMatchObject({
      BudgetType: 'COST',
      TimeUnit: 'MONTHLY',
      BudgetLimit: { Amount: 500, Unit: 'USD' },
      Metrics: ['UnblendedCost'],
    });
    const notification = (NotificationType: string, Threshold: number) => ({
      Notification: { NotificationType, Threshold, ThresholdType: 'PERCENTAGE', ComparisonOperator: 'GREATER_THAN' },
      Subscribers: [{ SubscriptionType: 'EMAIL', Address: 'ops@example.com' }],
    });
    expect(NotificationsWithSubscribers).toEqual([
      notification('ACTUAL', 80),
      notification('ACTUAL', 100),
      notification('FORECASTED', 100),
    ]);
  });

  test('has a name of its own in every stack and Region, and another once notifications change', () => {
    const nameIn = (stackName: string, region: string, emails = EMAILS) =>
      budgetIn(new Stack(new App(), stackName, { env: { account: ACCOUNT, region } }), { emails }).Budget.BudgetName;
    const long = 'AStackWithAVeryLongNameThatGoesOnAndOnAndOnAndOnAndOnAndOnAndOnAndOnAndOnAndOn';
    expect(nameIn(long, 'ap-southeast-1')).toMatch(/^[^:\\]{1,100}$/);
    expect(nameIn('One', REGION)).toBe(nameIn('One', REGION));
    const names = [nameIn('One', REGION), nameIn('Two', REGION), nameIn('One', 'us-east-1')];
    names.push(nameIn('One', REGION, ['other@example.com']));
    expect(new Set(names).size).toBe(4);
  });

  describe('tells a topic, to which AWS Budgets', () => {
    const stack = testStack();
    const masterKey = new kms.Key(stack, 'Key');
    const topic = new sns.Topic(stack, 'Topic', { masterKey });
    const { NotificationsWithSubscribers } = budgetIn(stack, { emails: [], topic });
    const template = resolvedTemplate(stack, { standIn: ({ logicalId }) => logicalId });
    const [topicPolicy] = template.resourcesOfType('AWS::SNS::TopicPolicy');
    const [key] = template.resourcesOfType('AWS::KMS::Key');
    const ofTopic = policyDocument(topicPolicy?.properties.PolicyDocument, 'the topic');
    const ofKey = policyDocument(key?.properties.KeyPolicy, 'the key');
    const by = (account: string) => ({
      'aws:SourceAccount': account,
      'aws:SourceArn': `arn:aws:budgets::${account}:budget/any`,
    });
    const budgets = { service: 'budgets.amazonaws.com' };

    test('may publish, for this account only', () => {
      expect(evaluateTrust(ofTopic, budgets, 'sns:Publish', by(ACCOUNT)).allowed).toBe(true);
      expect(evaluateTrust(ofTopic, budgets, 'sns:Publish', by('444455556666')).allowed).toBe(false);
      expect(evaluateTrust(ofTopic, budgets, 'sns:Subscribe', by(ACCOUNT)).allowed).toBe(false);
      const forAnAlarm = { ...by(ACCOUNT), 'aws:SourceArn': `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:any` };
      expect(evaluateTrust(ofTopic, budgets, 'sns:Publish', forAnAlarm).allowed).toBe(false);
    });

    test('may use the key of the topic, for this account only', () => {
      for (const action of ['kms:GenerateDataKey', 'kms:Decrypt']) {
        expect(evaluateTrust(ofKey, budgets, action, by(ACCOUNT)).allowed).toBe(true);
        expect(evaluateTrust(ofKey, budgets, action, by('444455556666')).allowed).toBe(false);
      }
    });

    test('is the subscriber', () => {
      expect(JSON.stringify(NotificationsWithSubscribers)).toContain('"SubscriptionType":"SNS"');
    });
  });

  test('tells when the policy of an imported topic has to be changed by hand', () => {
    const stack = testStack();
    const topic = sns.Topic.fromTopicArn(stack, 'Topic', `arn:aws:sns:${REGION}:${ACCOUNT}:costs`);
    new AgentBudget(stack, 'Budget', { monthlyLimitUsd: 1, topic });
    Annotations.fromStack(stack).hasInfo(
      '/Test/Budget',
      Match.stringLikeRegexp('Test/Topic is not changed.*sns:Publish'),
    );
    Template.fromStack(stack).resourceCountIs('AWS::SNS::TopicPolicy', 0);
  });

  test('passes cdk-nag', () => {
    const nag = nagFindings((stack) => new AgentBudget(stack, 'Budget', { monthlyLimitUsd: 500, emails: EMAILS }));
    expect(nag).toEqual([]);
  });

  test.each<[string, Partial<AgentBudgetProps>, RegExp]>([
    ['no money', { monthlyLimitUsd: 0 }, /monthlyLimitUsd is 0; give US dollars above 0/],
    ['nobody who hears of it', { emails: [] }, /nobody would hear of the budget; give emails or a topic/],
    ['an address twice', { emails: [...EMAILS, ...EMAILS] }, /emails has "ops@example.com" twice; give it once/],
    ['an address that is none', { emails: ['ops'] }, /"ops" is no e-mail address/],
    [
      'eleven addresses',
      { emails: Array.from({ length: 11 }, (_, n) => `a${n}@example.com`) },
      /11 e-mail addresses.*10 at the most/,
    ],
    ['a threshold of nothing', { actualThresholds: [0] }, /actualThresholds has 0; give percent/],
    ['a threshold twice', { forecastThresholds: [50, 50] }, /forecastThresholds has 50 twice/],
    ['no threshold', { actualThresholds: [], forecastThresholds: [] }, /both empty, so nobody is ever told/],
    ['eleven thresholds', { actualThresholds: [10, 20, 30, 40, 50, 60, 70, 80, 90, 95] }, /11 thresholds.*at most 10/],
    ['services without a name', { costs: BudgetCosts.services([]) }, /services of the budget are empty/],
    ['a tag without a value', { costs: BudgetCosts.tagged('Team') }, /tag "Team" is given without a value/],
    ['a tag of AWS', { costs: BudgetCosts.tagged('aws:x', 'y') }, /begins with "aws:"/],
  ])('is refused with %s', (_, props, message) => {
    expect(() => budgetIn(testStack(), props)).toThrow(message);
  });
});
