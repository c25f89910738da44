import { aws_kms as kms, aws_sns as sns, type Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AgentRuntime } from '../../lib';
import { AgentAlarms } from '../../lib/observability/agent-alarms';
import { AgentBudget } from '../../lib/observability/agent-budget';
import { evaluateTrust } from '../../lib/testing';
import { type PolicyDocumentJson, policyDocument } from '../../lib/testing/policy';
import { ACCOUNT, REGION, resolvedTemplate, testImage, testStack } from '../support/stack';

const OTHER_ACCOUNT = '444455556666';
const CLOUDWATCH = { service: 'cloudwatch.amazonaws.com' };
const BUDGETS = { service: 'budgets.amazonaws.com' };

const byAlarm = (account = ACCOUNT, region = REGION) => ({
  'aws:SourceAccount': account,
  'aws:SourceArn': `arn:aws:cloudwatch:${region}:${account}:alarm:any`,
  'aws:SecureTransport': 'true',
});
const byBudget = {
  'aws:SourceAccount': ACCOUNT,
  'aws:SourceArn': `arn:aws:budgets::${ACCOUNT}:budget/any`,
  'aws:SecureTransport': 'true',
};

interface Topics {
  readonly warningTopic?: sns.ITopic;
  readonly criticalTopic?: sns.ITopic;
}

function alarms(stack: Stack, topics: Topics): AgentAlarms {
  const agent = new AgentRuntime(stack, 'Agent', { image: testImage() });
  return new AgentAlarms(stack, 'Alarms', { agent, agentMetrics: false, ...topics });
}

const budget = (stack: Stack, topic: sns.ITopic) => new AgentBudget(stack, 'Budget', { monthlyLimitUsd: 5, topic });

/** The policies of topics and keys, by the id of their construct. */
function policies(stack: Stack): Readonly<Record<string, PolicyDocumentJson>> {
  const template = resolvedTemplate(stack, { standIn: ({ logicalId }) => logicalId });
  const named = (type: string, property: string) =>
    template
      .resourcesOfType(type)
      .map(({ logicalId, properties }) => [
        logicalId.replace(/(Policy)?[0-9A-F]{8}$/, ''),
        policyDocument(properties[property], logicalId),
      ]);
  return Object.fromEntries([
    ...named('AWS::SNS::TopicPolicy', 'PolicyDocument'),
    ...named('AWS::KMS::Key', 'KeyPolicy'),
  ]) as Record<string, PolicyDocumentJson>;
}

const may = (policy: PolicyDocumentJson | undefined, service: { service: string }, action: string, context: object) =>
  policy !== undefined && evaluateTrust(policy, service, action, { ...context }).allowed;

describe('CloudWatch may publish', () => {
  test.each<[string, sns.TopicProps, (stack: Stack, topic: sns.ITopic) => void]>([
    ['to a topic that wants TLS', { enforceSSL: true }, (stack, topic) => alarms(stack, { warningTopic: topic })],
    ['to a topic of warnings', {}, (stack, topic) => alarms(stack, { warningTopic: topic })],
    ['to a topic of critical alarms', {}, (stack, topic) => alarms(stack, { criticalTopic: topic })],
    [
      'to a topic that a budget tells too',
      {},
      (stack, topic) => [alarms(stack, { warningTopic: topic }), budget(stack, topic)],
    ],
    [
      'to a topic that a budget tells before',
      { enforceSSL: true },
      (stack, topic) => [budget(stack, topic), alarms(stack, { warningTopic: topic, criticalTopic: topic })],
    ],
  ])('%s', (_, props, tell) => {
    const stack = testStack();
    tell(stack, new sns.Topic(stack, 'Operators', props));
    const { Operators } = policies(stack);
    expect(may(Operators, CLOUDWATCH, 'sns:Publish', byAlarm())).toBe(true);
    expect(may(Operators, CLOUDWATCH, 'sns:Subscribe', byAlarm())).toBe(false);
    expect(may(Operators, CLOUDWATCH, 'sns:Publish', byAlarm(OTHER_ACCOUNT))).toBe(false);
    expect(may(Operators, CLOUDWATCH, 'sns:Publish', byAlarm(ACCOUNT, 'us-west-2'))).toBe(false);
    expect(may(Operators, { service: 'events.amazonaws.com' }, 'sns:Publish', byAlarm())).toBe(false);
    const hasBudget = stack.node.tryFindChild('Budget') !== undefined;
    expect(may(Operators, BUDGETS, 'sns:Publish', byBudget)).toBe(hasBudget);
  });

  test('to both topics, and use their keys', () => {
    const stack = testStack();
    const topic = (id: string) =>
      new sns.Topic(stack, id, { masterKey: new kms.Key(stack, `${id}Key`), enforceSSL: true });
    alarms(stack, { warningTopic: topic('Warnings'), criticalTopic: topic('Critical') });
    const all = policies(stack);
    for (const id of ['Warnings', 'Critical']) {
      expect(may(all[id], CLOUDWATCH, 'sns:Publish', byAlarm())).toBe(true);
      for (const action of ['kms:Decrypt', 'kms:GenerateDataKey']) {
        expect(may(all[`${id}Key`], CLOUDWATCH, action, byAlarm())).toBe(true);
        expect(may(all[`${id}Key`], CLOUDWATCH, action, byAlarm(OTHER_ACCOUNT))).toBe(false);
        expect(may(all[`${id}Key`], BUDGETS, action, byBudget)).toBe(false);
      }
    }
  });
});

test('one topic for all alarms is allowed once', () => {
  const stack = testStack();
  const topic = new sns.Topic(stack, 'Operators');
  alarms(stack, { warningTopic: topic, criticalTopic: topic });
  expect(policies(stack).Operators?.Statement).toHaveLength(1);
});

test('nobody is allowed anything where nobody is told', () => {
  const stack = testStack();
  new sns.Topic(stack, 'Operators');
  alarms(stack, {});
  Template.fromStack(stack).resourceCountIs('AWS::SNS::TopicPolicy', 0);
});

test('a note tells of each policy that is imported', () => {
  const stack = testStack();
  const arns = { topicArn: `arn:aws:sns:${REGION}:${ACCOUNT}:ops`, keyArn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/k` };
  const imported = sns.Topic.fromTopicAttributes(stack, 'Imported', arns);
  const own = new sns.Topic(stack, 'Own', { masterKey: kms.Key.fromKeyArn(stack, 'Key', arns.keyArn) });
  alarms(stack, { warningTopic: imported, criticalTopic: own });
  budget(stack, own);
  const annotations = Annotations.fromStack(stack);
  const note = (what: string, service: string, actions: string) =>
    Match.stringLikeRegexp(
      `policy of the ${what} is not changed.*let it allow ${service} to ${actions} for this account`,
    );
  annotations.hasInfo('/Test/Alarms', note('topic Test/Imported', CLOUDWATCH.service, 'sns:Publish'));
  annotations.hasInfo('/Test/Alarms', note('key Test/Key', CLOUDWATCH.service, 'kms:Decrypt and kms:GenerateDataKey'));
  annotations.hasInfo('/Test/Budget', note('key Test/Key', BUDGETS.service, 'kms:Decrypt and kms:GenerateDataKey'));
  annotations.hasNoInfo('/Test/Alarms', note('topic Test/Own', CLOUDWATCH.service, 'sns:Publish'));
});
