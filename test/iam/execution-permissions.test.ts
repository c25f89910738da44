import type { Stack } from 'aws-cdk-lib';
import {
  aws_dynamodb as dynamodb,
  aws_iam as iam,
  aws_kms as kms,
  aws_s3 as s3,
  aws_secretsmanager as secrets,
} from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AgentRuntime } from '../../lib';
import { evaluate } from '../../lib/testing';
import { executionRole, resolvedTemplate, testImage, testStack } from '../support/stack';

function agentIn(stack: Stack): AgentRuntime {
  return new AgentRuntime(stack, 'Agent', { image: testImage() });
}

describe('grants of L2s to an agent', () => {
  test('reach the template, keys of encrypted resources included', () => {
    const stack = testStack();
    const agent = agentIn(stack);
    const key = new kms.Key(stack, 'Key');
    const bucket = new s3.Bucket(stack, 'Bucket', { encryptionKey: key });
    const table = new dynamodb.TableV2(stack, 'Table', {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
    });
    const secret = new secrets.Secret(stack, 'Secret', { encryptionKey: key });

    for (const grant of [bucket.grantRead(agent), table.grantReadData(agent), secret.grantRead(agent)]) {
      expect(grant.success).toBe(true);
    }

    const template = resolvedTemplate(stack);
    const role = executionRole(template);
    const allowed = (action: string, resource: string) => evaluate(role, { action, resource }).allowed;
    const id = (construct: s3.Bucket | kms.Key | secrets.Secret | dynamodb.TableV2) =>
      stack.getLogicalId(construct.node.defaultChild as never);

    expect(allowed('s3:GetObject', `${template.getAtt(id(bucket), 'Arn')}/file`)).toBe(true);
    expect(allowed('s3:PutObject', `${template.getAtt(id(bucket), 'Arn')}/file`)).toBe(false);
    expect(allowed('kms:Decrypt', template.getAtt(id(key), 'Arn'))).toBe(true);
    expect(allowed('dynamodb:GetItem', template.getAtt(id(table), 'Arn'))).toBe(true);
    expect(allowed('secretsmanager:GetSecretValue', template.ref(id(secret)))).toBe(true);
  });

  test('stay in managed policies: the role has no inline policy', () => {
    const stack = testStack();
    new s3.Bucket(stack, 'Bucket').grantRead(agentIn(stack));
    Template.fromStack(stack).resourceCountIs('AWS::IAM::Policy', 0);
  });
});

test('grants on many resources whose ARNs are only known at deployment never make a policy too long', () => {
  const stack = testStack();
  const agent = agentIn(stack);
  for (let index = 0; index < 20; index++) {
    const table = new dynamodb.TableV2(stack, `Table${index}`, {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      globalSecondaryIndexes: [{ indexName: 'gsi', partitionKey: { name: 'sk', type: dynamodb.AttributeType.STRING } }],
    });
    table.grantReadWriteData(agent);
    new secrets.Secret(stack, `Secret${index}`).grantRead(agent);
  }
  const template = resolvedTemplate(stack, {
    stackName: 'a-stack-with-a-long-name-for-the-platform-team-in-production',
  });
  const lengths = template
    .resourcesOfType('AWS::IAM::ManagedPolicy')
    .map(({ properties }) => JSON.stringify(properties.PolicyDocument).length);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(6144);
  // A role has room for ten managed policies.
  expect(lengths.length).toBeLessThanOrEqual(10);
});

describe('permissions that do not fit into one managed policy', () => {
  const stack = testStack();
  const agent = agentIn(stack);
  const buckets = Array.from(
    { length: 60 },
    (_, index) => `arn:aws:s3:::a-bucket-with-a-rather-long-name-number-${index}/*`,
  );
  for (const bucket of buckets) {
    iam.Grant.addToPrincipal({ grantee: agent, actions: ['s3:GetObject'], resourceArns: [bucket] });
  }
  const template = Template.fromStack(stack);

  test('continue in further ones, each within 6,144 characters', () => {
    const policies = Object.values(template.findResources('AWS::IAM::ManagedPolicy'));
    expect(policies.length).toBeGreaterThan(2);
    for (const policy of policies) {
      const { PolicyDocument } = resolvedTemplate(stack).resolve(policy.Properties) as { PolicyDocument: unknown };
      expect(JSON.stringify(PolicyDocument).length).toBeLessThanOrEqual(6144);
    }
  });

  test('all count for the role', () => {
    const role = executionRole(resolvedTemplate(stack));
    for (const bucket of buckets) {
      expect(evaluate(role, { action: 's3:GetObject', resource: bucket.replace('*', 'file') }).allowed).toBe(true);
    }
  });

  test('are all there before the runtime is made', () => {
    const [runtime] = Object.values(template.findResources('AWS::BedrockAgentCore::Runtime'));
    const policies = Object.keys(template.findResources('AWS::IAM::ManagedPolicy'));
    expect(runtime?.DependsOn).toEqual(expect.arrayContaining(policies));
  });
});

test.each([
  [10, []],
  [11, ['/Test/Agent/ExecutionPermissions']],
  [13, ['/Test/Agent/ExecutionPermissions']],
])('%i managed policies of a role, which has room for ten, warn %j', (policies, expected) => {
  const stack = testStack();
  const agent = agentIn(stack);
  const made = () => stack.node.findAll().filter((construct) => construct instanceof iam.ManagedPolicy).length;
  while (made() < policies) {
    // More than half of what a policy has room for.
    const resourceArns = Array.from(
      { length: 90 },
      (_, index) => `arn:aws:s3:::a-rather-long-name-${made()}-${index}/*`,
    );
    iam.Grant.addToPrincipal({ grantee: agent, actions: ['s3:GetObject'], resourceArns });
  }
  const warnings = Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('manyManagedPolicies'));
  expect(made()).toBe(policies);
  expect(warnings.map(({ id }) => id)).toEqual(expected);
});
