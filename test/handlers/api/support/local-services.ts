import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import dynalite from 'dynalite';
import { S3ObjectStore } from '../../../../agent-image/src/workspace/s3-object-store';
import { startLocalS3 } from '../../../support/local-s3';
import { SessionTable } from '../../../../lib/storage/session-table';
import { assumedRole, closed, type ScriptedReply, ScriptedService, urlOf } from './scripted-service';

const BUCKET = 'workspaces';
const TABLE = 'sessions';
/** The agent of the API, which wrote the rows where a test does not say another. */
export const AGENT = 'support';
export const REGION = 'eu-west-1';

/** Environment of a function with the services of a test. */
const VARIABLES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_ENDPOINT_URL_S3',
  'AWS_ENDPOINT_URL_STS',
  'AWS_ENDPOINT_URL_DYNAMODB',
  'AWS_ENDPOINT_URL_BEDROCK_AGENTCORE',
];

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example-secret' };

/** The services that the function calls, on this machine: S3 and DynamoDB that keep things, STS and AgentCore scripted. */
export class LocalServices {
  readonly #stop: () => Promise<void>;
  readonly rows: DynamoDBDocumentClient;

  private constructor(
    readonly s3Url: string,
    dynamoDbUrl: string,
    readonly sts: ScriptedService,
    readonly agentCore: ScriptedService,
    stop: () => Promise<void>,
  ) {
    this.#stop = stop;
    this.rows = DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint: dynamoDbUrl, region: REGION, credentials }));
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: 'AKIAFUNCTION',
      AWS_SECRET_ACCESS_KEY: 'example-secret',
      AWS_ENDPOINT_URL_S3: s3Url,
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl,
      AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: agentCore.url,
    });
  }

  static async start(): Promise<LocalServices> {
    const directory = mkdtempSync(join(tmpdir(), 'agent-api-'));
    const s3 = await startLocalS3({ directory });
    s3.store.ensureBucket(BUCKET);
    const dynamoDb = dynalite({ createTableMs: 0 });
    await new Promise<void>((resolve) => dynamoDb.listen(0, '127.0.0.1', () => resolve()));
    const sts = await ScriptedService.start(assumedRole);
    const agentCore = await ScriptedService.start((): ScriptedReply => ({ status: 200, body: '{}' }));
    const services = new LocalServices(s3.url, urlOf(dynamoDb), sts, agentCore, async () => {
      await Promise.all([s3.close(), closed(dynamoDb), sts.close(), agentCore.close()]);
      rmSync(directory, { recursive: true, force: true });
    });
    await services.rows.send(new CreateTableCommand(tableOfConstruct()));
    return services;
  }

  async stop(): Promise<void> {
    this.rows.destroy();
    await this.#stop();
    for (const name of VARIABLES) Reflect.deleteProperty(process.env, name);
  }

  /** What `AgentApi` gives to its function. */
  get environment(): Readonly<Record<string, string>> {
    return {
      AWS_REGION: REGION,
      API_CLIENT_IDS: 'web-client,cli-client',
      API_AGENT_NAME: AGENT,
      API_USER_ROLE_ARN: 'arn:aws:iam::111122223333:role/UserRole',
      API_SESSION_TABLE: TABLE,
      API_WORKSPACE_BUCKET: BUCKET,
      API_WORKSPACES_PREFIX: 'workspaces/',
      API_DOWNLOADS_PREFIX: 'downloads/',
    };
  }

  /** The objects below a prefix, for the agent to write and tests to look at. */
  objects(prefix: string): S3ObjectStore {
    const expiration = new Date(Date.now() + 3_600_000);
    const given = () => Promise.resolve({ ...credentials, sessionToken: 'token', expiration });
    return new S3ObjectStore({ bucket: BUCKET, prefix, region: REGION, credentials: given });
  }

  async keysOf(prefix: string): Promise<string[]> {
    const store = this.objects(prefix);
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    store.close();
    return keys;
  }

  /** Writes a row as an agent does. */
  async putRow(userKey: string, sessionId: string, row: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const updatedAt = '2026-01-01T00:00:00.000Z';
    const keys = { pk: `USER#${userKey}`, sk: `SESSION#${sessionId}` };
    const Item = { ...keys, sessionId, agent: AGENT, createdAt: updatedAt, updatedAt, ...row };
    await this.rows.send(new PutCommand({ TableName: TABLE, Item }));
  }

  async row(userKey: string, sk: string): Promise<Record<string, unknown> | undefined> {
    const { Item } = await this.rows.send(new GetCommand({ TableName: TABLE, Key: { pk: `USER#${userKey}`, sk } }));
    return Item;
  }
}

/** The table with the keys and the index that the construct gives it. */
function tableOfConstruct(): CreateTableCommandInput {
  const stack = new Stack(new App(), 'Test');
  new SessionTable(stack, 'Sessions');
  const [table] = Object.values(Template.fromStack(stack).findResources('AWS::DynamoDB::Table')) as {
    Properties: CreateTableCommandInput;
  }[];
  if (table === undefined) throw new Error('the construct makes no table');
  const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, BillingMode } = table.Properties;
  return { TableName: TABLE, KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, BillingMode };
}
