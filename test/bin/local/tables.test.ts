import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { AwsCredentials } from '../../../bin/local/sigv4';
import { sts } from './support/aws-sdk';
import { assumedCredentials, AwsClients } from './support/aws-clients';
import { sendSigned } from './support/signed-fetch';
import { TestRun } from './support/test-run';
import { WORKSPACE } from './support/workspace-app';

const TableName = 'sessions-of-a-test';
const IndexName = 'byLastUse';
const region = 'us-east-1';
const TABLE_ARN = { 'Fn::GetAtt': ['Table', 'Arn'] };

const TABLE_PROPERTIES = {
  TableName,
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: ['pk', 'sk', 'updatedAt'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  BillingMode: 'PAY_PER_REQUEST',
  TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
  GlobalSecondaryIndexes: [
    {
      IndexName,
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'updatedAt', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
};

const RESOURCES = {
  ...WORKSPACE,
  Table: { Type: 'AWS::DynamoDB::Table', Properties: TABLE_PROPERTIES },
  UserRows: {
    Type: 'AWS::IAM::Policy',
    Properties: {
      PolicyName: 'Rows',
      Roles: [{ Ref: 'UserRole' }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: 'dynamodb:*Item',
            Resource: TABLE_ARN,
            Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': 'USER#${aws:PrincipalTag/userId}' } },
          },
          {
            Effect: 'Allow',
            Action: 'dynamodb:Query',
            Resource: [TABLE_ARN, { 'Fn::Sub': `\${Table.Arn}/index/${IndexName}` }],
            Condition: {
              'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': 'USER#${aws:PrincipalTag/userId}' },
              Null: { 'dynamodb:LeadingKeys': 'false' },
            },
          },
        ],
      },
    },
  },
};

let run: TestRun;
let clients: AwsClients;
const made: DynamoDBClient[] = [];

async function start(table: Readonly<Record<string, unknown>> = RESOURCES.Table): Promise<void> {
  run = new TestRun([{ properties: { EnvironmentVariables: { USER_ROLE: { 'Fn::GetAtt': ['UserRole', 'Arn'] } } } }], {
    ...RESOURCES,
    Table: table,
  });
  await run.start();
  clients = new AwsClients(run);
}

afterEach(async () => {
  for (const client of made.splice(0)) client.destroy();
  clients.destroy();
  await run.remove();
});

function dynamo(credentials: AwsCredentials): DynamoDBClient {
  const client = new DynamoDBClient({ endpoint: run.up.url, region, credentials, maxAttempts: 1 });
  made.push(client);
  return client;
}

async function as(userId: string): Promise<DynamoDBClient> {
  const { env } = await run.report();
  const answer = await clients.sts(await clients.agent()).send(
    new sts.AssumeRoleCommand({
      RoleArn: env.USER_ROLE,
      RoleSessionName: 'session',
      Tags: [{ Key: 'userId', Value: userId }],
    }),
  );
  return dynamo(assumedCredentials(answer));
}

const key = (user: string, session: string) => ({ pk: { S: `USER#${user}` }, sk: { S: `SESSION#${session}` } });

const put = (client: DynamoDBClient, user: string, session: string, updatedAt = '2026-01-01T00:00:00.000Z') =>
  client.send(new PutItemCommand({ TableName, Item: { ...key(user, session), updatedAt: { S: updatedAt } } }));

const byLastUse = (client: DynamoDBClient, user: string, more: object = {}) =>
  client.send(
    new QueryCommand({
      TableName,
      IndexName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: `USER#${user}` } },
      ScanIndexForward: false,
      ...more,
    }),
  );

const refused = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error as Error).name,
  );

describe('a table', () => {
  beforeEach(() => start());

  it('keeps, changes, lists by an index and deletes the rows of a user, page by page', async () => {
    const ada = await as('ada');
    for (const day of ['03', '01', '02']) await put(ada, 'ada', day, `2026-01-${day}T00:00:00.000Z`);
    await ada.send(
      new UpdateItemCommand({
        TableName,
        Key: key('ada', '01'),
        UpdateExpression: 'SET #title = if_not_exists(#title, :title), updatedAt = :now ADD pendingInterrupts :one',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeNames: { '#title': 'title' },
        ExpressionAttributeValues: {
          ':title': { S: 'Trip' },
          ':now': { S: '2026-01-09T00:00:00.000Z' },
          ':one': { N: '1' },
        },
      }),
    );
    const first = await byLastUse(ada, 'ada', { Limit: 2 });
    const rest = await byLastUse(ada, 'ada', { Limit: 2, ExclusiveStartKey: first.LastEvaluatedKey });
    await ada.send(new DeleteItemCommand({ TableName, Key: key('ada', '02') }));

    expect([first, rest].map(({ Items = [] }) => Items.map(({ sk }) => sk?.S))).toEqual([
      ['SESSION#01', 'SESSION#03'],
      ['SESSION#02'],
    ]);
    expect(first.Items?.[0]).toMatchObject({ title: { S: 'Trip' }, pendingInterrupts: { N: '1' } });
    expect((await ada.send(new GetItemCommand({ TableName, Key: key('ada', '02') }))).Item).toBeUndefined();
  });

  it('refuses a write whose condition does not hold, by the error that the SDK knows', async () => {
    const ada = await as('ada');
    const write = new PutItemCommand({ TableName, Item: key('ada', '1'), ConditionExpression: 'attribute_exists(pk)' });

    await expect(ada.send(write)).rejects.toBeInstanceOf(ConditionalCheckFailedException);
  });

  it('gives a user nothing of another user’s rows, in whatever way is asked', async () => {
    const [ada, bob] = [await as('ada'), await as('bob')];
    await put(bob, 'bob', '1');
    const Key = key('bob', '1');
    const theirs = { [TableName]: { Keys: [key('ada', '1'), Key] } };

    for (const attempt of [
      ada.send(new GetItemCommand({ TableName, Key })),
      put(ada, 'bob', '2'),
      ada.send(new DeleteItemCommand({ TableName, Key })),
      ada.send(new UpdateItemCommand({ TableName, Key })),
      byLastUse(ada, 'bob'),
      ada.send(
        new QueryCommand({
          TableName,
          KeyConditions: { pk: { ComparisonOperator: 'EQ', AttributeValueList: [{ S: 'USER#bob' }] } },
        }),
      ),
      ada.send(new ScanCommand({ TableName })),
      ada.send(new ScanCommand({ TableName, IndexName })),
      ada.send(new BatchGetItemCommand({ RequestItems: theirs })),
      ada.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: [{ DeleteRequest: { Key } }] } })),
    ]) {
      expect(await refused(attempt)).toBe('AccessDeniedException');
    }
    expect((await bob.send(new GetItemCommand({ TableName, Key }))).Item).toMatchObject(Key);
  });

  it('is closed to the agent’s own role, and to names that are no table', async () => {
    const agent = dynamo(await clients.agent());
    const operator = dynamo(run.up.credentials);

    expect(await refused(agent.send(new GetItemCommand({ TableName, Key: key('ada', '1') })))).toBe(
      'AccessDeniedException',
    );
    expect(await refused(operator.send(new ScanCommand({ TableName: 'another' })))).toBe('ResourceNotFoundException');
    expect(await refused(operator.send(new ListTablesCommand({})))).toBe('UnknownOperationException');
    expect(run.lines).toContain(`items of ${TableName} do not expire here`);
  });

  it('refuses a wrong signature, and bodies that are no requests', async () => {
    const headers = { 'x-amz-target': 'DynamoDB_20120810.Scan' };
    const { credentials, url } = run.up;
    const send = (body: string, secretAccessKey = credentials.secretAccessKey) =>
      sendSigned(`${url}/`, { ...credentials, secretAccessKey }, { service: 'dynamodb', headers, body });

    expect((await send('{}', 'wrong')).text).toContain('SignatureDoesNotMatch');
    expect((await send('x')).text).toContain('SerializationException');
    expect((await send('{}')).text).toContain('ValidationException');
  });

  it('has its rows after another start', async () => {
    await put(dynamo(run.up.credentials), 'ada', '1');
    await run.stop();
    await run.start();

    expect((await byLastUse(dynamo(run.up.credentials), 'ada')).Count).toBe(1);
  });
});

describe('a table of another kind', () => {
  it('is one whose keys have changed: it begins empty', async () => {
    await start();
    await put(dynamo(run.up.credentials), 'ada', '1');
    await run.stop();
    run.replaceResource('Table', {
      Type: 'AWS::DynamoDB::GlobalTable',
      Properties: {
        ...TABLE_PROPERTIES,
        GlobalSecondaryIndexes: [],
        AttributeDefinitions: TABLE_PROPERTIES.AttributeDefinitions.slice(0, 2),
      },
    });
    await run.start();
    const { Count } = await dynamo(run.up.credentials).send(new ScanCommand({ TableName }));

    expect(Count).toBe(0);
    expect(run.lines.join('\n')).toContain(`the keys or indexes of table ${TableName} have changed`);
  });
});
