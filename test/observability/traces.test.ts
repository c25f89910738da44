import { App, aws_kms as kms, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AgentRuntime, type AgentRuntimeProps } from '../../lib';
import { TransactionSearch, type TransactionSearchProps } from '../../lib/observability/transaction-search';
import { evaluate, evaluateTrust } from '../../lib/testing';
import { policyDocument } from '../../lib/testing/policy';
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

const CONFIG = 'AWS::XRay::TransactionSearchConfig';
const POLICY = 'AWS::Logs::ResourcePolicy';
const OTHER_ACCOUNT = '444455556666';

function searchIn(stack: Stack, props?: TransactionSearchProps): Template {
  new TransactionSearch(stack, 'TransactionSearch', props);
  return Template.fromStack(stack);
}

describe('Transaction Search', () => {
  test('is switched on with one percent of traces indexed, after AWS X-Ray may write spans', () => {
    const template = searchIn(testStack());
    template.hasResource(CONFIG, {
      Properties: { IndexingPercentage: 1 },
      DependsOn: Object.keys(template.findResources(POLICY)),
    });
    template.resourceCountIs(POLICY, 1);
    searchIn(testStack(), { indexingPercentage: 0 }).hasResourceProperties(CONFIG, { IndexingPercentage: 0 });
  });

  test('stays on when the stack is deleted', () => {
    const template = searchIn(testStack());
    for (const type of [CONFIG, POLICY]) {
      template.hasResource(type, { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    }
  });

  describe('lets AWS X-Ray', () => {
    const stack = testStack();
    new TransactionSearch(stack, 'TransactionSearch');
    const [policy] = resolvedTemplate(stack).resourcesOfType(POLICY);
    const document = policyDocument(JSON.parse(String(policy?.properties.PolicyDocument)), 'the policy');
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

  test('encrypts spans with a key that CloudWatch Logs may use for them', () => {
    const stack = testStack();
    const template = searchIn(stack, { encryptionKey: new kms.Key(stack, 'Key') });
    template.hasResourceProperties(CONFIG, {
      CloudWatchLogsConfiguration: { SpansLogGroupKmsKeyId: { 'Fn::GetAtt': [Match.anyValue(), 'Arn'] } },
    });
    const [key] = resolvedTemplate(stack, { standIn: () => 'arn' }).resourcesOfType('AWS::KMS::Key');
    expect(JSON.stringify(key?.properties.KeyPolicy)).toContain(
      `"kms:EncryptionContext:aws:logs:arn":"arn:aws:logs:${REGION}:${ACCOUNT}:log-group:aws/spans"`,
    );
  });

  test('is there once for an account and Region', () => {
    const app = new App();
    const stackIn = (id: string, region: string) => new Stack(app, id, { env: { account: ACCOUNT, region } });
    new TransactionSearch(stackIn('One', 'eu-central-1'), 'TransactionSearch');
    new TransactionSearch(stackIn('Two', 'eu-west-1'), 'TransactionSearch');
    expect(() => new TransactionSearch(stackIn('Three', 'eu-central-1'), 'TransactionSearch')).toThrow(
      'Three/TransactionSearch: Transaction Search is switched on for the account 111122223333 in eu-central-1 by One/TransactionSearch already, and there is one setting for both; keep one of the two',
    );
  });

  test.each([-1, 101, NaN])('refuses to index %p percent', (indexingPercentage) => {
    expect(() => searchIn(testStack(), { indexingPercentage })).toThrow(/give 0 to 100, or leave it out for 1/);
  });

  test('passes the rules of the CDK, also with a key, which is newer than they are', () => {
    const { CDK_VALIDATION } = process.env;
    delete process.env.CDK_VALIDATION;
    try {
      const app = new App({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
      const stack = new Stack(app, 'Test');
      new TransactionSearch(stack, 'TransactionSearch', { encryptionKey: new kms.Key(stack, 'Key') });
      expect(() => app.synth()).not.toThrow();
    } finally {
      if (CDK_VALIDATION !== undefined) process.env.CDK_VALIDATION = CDK_VALIDATION;
    }
  });

  test('passes cdk-nag', () => {
    expect(nagFindings((stack) => new TransactionSearch(stack, 'TransactionSearch'))).toEqual([]);
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
