import { aws_dynamodb as dynamodb, aws_kms as kms, Duration, Lazy, RemovalPolicy } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AgentRuntime, SessionTable } from '../../lib';
import { evaluate, rolePolicies } from '../../lib/testing';
import {
  ACCOUNT,
  executionRole,
  REGION,
  resolvedTemplate,
  runtimeEnvironment,
  testImage,
  testStack,
} from '../support/stack';

test('is encrypted, paid by request, can be brought back, is protected and kept', () => {
  const stack = testStack();
  new SessionTable(stack, 'Sessions');
  const template = Template.fromStack(stack);
  template.hasResource('AWS::DynamoDB::Table', {
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
      SSESpecification: { SSEEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    },
  });
});

test('has the keys and the index that agents and API use, and keeps its logical id', () => {
  const stack = testStack();
  new SessionTable(stack, 'Sessions');
  const tables = Template.fromStack(stack).findResources('AWS::DynamoDB::Table') as Record<
    string,
    { Properties: Record<string, unknown> }
  >;
  expect(Object.keys(tables)).toEqual(['SessionsTableA5E8383B']);
  expect(Object.values(tables)[0]?.Properties).toMatchObject({
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'byLastUse',
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'updatedAt', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  });
  expect(Object.values(tables)[0]?.Properties).not.toHaveProperty('TableName');
});

test('can be deleted with its stack when that is asked for', () => {
  const stack = testStack();
  new SessionTable(stack, 'Sessions', { removalPolicy: RemovalPolicy.DESTROY });
  Template.fromStack(stack).hasResource('AWS::DynamoDB::Table', {
    DeletionPolicy: 'Delete',
    Properties: { DeletionProtectionEnabled: false },
  });
});

test('is encrypted with the key of the account that is given', () => {
  const stack = testStack();
  new SessionTable(stack, 'Sessions', { encryptionKey: new kms.Key(stack, 'Key') });
  Template.fromStack(stack).hasResourceProperties('AWS::DynamoDB::Table', {
    SSESpecification: { KMSMasterKeyId: Match.anyValue(), SSEEnabled: true, SSEType: 'KMS' },
  });
});

describe('an agent with a table of sessions', () => {
  const stack = testStack();
  const encryptionKey = new kms.Key(stack, 'Key');
  const sessions = new SessionTable(stack, 'Sessions', { encryptionKey });
  new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [sessions] });
  const template = resolvedTemplate(stack);
  const physical = (value: string) => String(template.resolve(stack.resolve(value)));
  const tableArn = physical(sessions.table.tableArn);
  const [role] = template
    .resourcesOfType('AWS::IAM::Role')
    .filter(({ logicalId }) => logicalId.startsWith('AgentUserRole'));
  const user = rolePolicies(template, role?.logicalId ?? '');
  const allows = (
    action: string,
    leadingKey: string | undefined,
    resource = tableArn,
    userId: string | undefined = 'ada',
  ) =>
    evaluate(user, {
      action,
      resource,
      context: {
        ...(userId !== undefined && { 'aws:PrincipalTag/userId': userId }),
        ...(leadingKey !== undefined && { 'dynamodb:LeadingKeys': [leadingKey] }),
      },
    }).allowed;

  test('is told its name', () => {
    expect(runtimeEnvironment(template).AGENT_SESSION_TABLE).toBe(physical(sessions.table.tableName));
  });

  test.each(['dynamodb:GetItem', 'dynamodb:UpdateItem'])('may %s on the rows of its user, as that user', (action) => {
    expect(allows(action, 'USER#ada')).toBe(true);
  });

  test.each(['dynamodb:GetItem', 'dynamodb:UpdateItem'])('may not %s on any other row', (action) => {
    for (const key of ['USER#bob', 'USER#adam', 'USER#', 'USER#*', 'ada', undefined]) {
      expect([key, allows(action, key)]).toEqual([key, false]);
    }
    expect(allows(action, 'USER#ada', `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/other`)).toBe(false);
    expect(allows(action, 'USER#', tableArn, '')).toBe(false);
  });

  test('may not list, delete or scan, nor touch the table itself', () => {
    for (const action of ['Query', 'Scan', 'DeleteItem', 'PutItem', 'BatchWriteItem', 'PartiQLSelect', 'DeleteTable']) {
      expect([action, allows(`dynamodb:${action}`, 'USER#ada')]).toEqual([action, false]);
    }
  });

  test('uses the key through Amazon DynamoDB only', () => {
    const keyArn = physical(encryptionKey.keyArn);
    const uses = (action: string, service: string, userId = 'ada') => {
      const context = { 'aws:PrincipalTag/userId': userId, 'kms:ViaService': `${service}.${REGION}.amazonaws.com` };
      return evaluate(user, { action, resource: keyArn, context }).allowed;
    };
    for (const action of ['Decrypt', 'DescribeKey', 'Encrypt', 'GenerateDataKey', 'ReEncryptFrom', 'ReEncryptTo']) {
      expect([action, uses(`kms:${action}`, 'dynamodb')]).toEqual([action, true]);
    }
    expect(uses('kms:Decrypt', 's3')).toBe(false);
    expect(uses('kms:Decrypt', 'dynamodb', '')).toBe(false);
    expect(uses('kms:ScheduleKeyDeletion', 'dynamodb')).toBe(false);
  });

  test('has an execution role that reaches no row', () => {
    const execution = executionRole(template);
    for (const action of ['dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:Query', 'dynamodb:Scan']) {
      const context = { 'dynamodb:LeadingKeys': ['USER#ada'], 'aws:PrincipalTag/userId': 'ada' };
      expect(evaluate(execution, { action, resource: tableArn, context }).allowed).toBe(false);
    }
  });
});

test('a table that is brought is used as it is', () => {
  const stack = testStack();
  const table = dynamodb.Table.fromTableName(stack, 'Brought', 'sessions');
  const sessions = SessionTable.fromTable(stack, 'Sessions', table);
  new AgentRuntime(stack, 'Agent', { image: testImage(), capabilities: [sessions] });
  const environment = runtimeEnvironment(resolvedTemplate(stack));
  expect(environment.AGENT_SESSION_TABLE).toBe('sessions');
  expect(environment).not.toHaveProperty('AGENT_SESSION_RETENTION_DAYS');
  Template.fromStack(stack).resourceCountIs('AWS::DynamoDB::Table', 0);
});

test('agents are told how long sessions are listed, for a table that is brought too', () => {
  const stack = testStack();
  const made = new SessionTable(stack, 'Sessions', { retention: Duration.hours(48) });
  const table = dynamodb.Table.fromTableName(stack, 'Other', 'sessions');
  const brought = SessionTable.fromTable(stack, 'Brought', table, { retention: Duration.days(3650) });
  new AgentRuntime(stack, 'First', { image: testImage(), capabilities: [made] });
  new AgentRuntime(stack, 'Second', { image: testImage(), capabilities: [brought] });
  const environments = resolvedTemplate(stack)
    .resourcesOfType('AWS::BedrockAgentCore::Runtime')
    .map(({ properties }) => properties.EnvironmentVariables);
  expect(environments).toMatchObject([
    { AGENT_SESSION_RETENTION_DAYS: '2' },
    { AGENT_SESSION_TABLE: 'sessions', AGENT_SESSION_RETENTION_DAYS: '3650' },
  ]);
});

test('a retention that only the deployment knows is refused', () => {
  const retention = Duration.days(Lazy.number({ produce: () => 30 }));
  expect(() => new SessionTable(testStack(), 'Sessions', { retention })).toThrow(
    'retention is unknown at synthesis; give whole days',
  );
});

test.each([Duration.hours(36), Duration.days(0), Duration.days(3651)])('a retention of %s is refused', (retention) => {
  const days = retention.toDays({ integral: false });
  expect(() => new SessionTable(testStack(), 'Sessions', { retention })).toThrow(
    `retention is ${days} days; give whole days from Duration.days(1) to Duration.days(3650)`,
  );
});
