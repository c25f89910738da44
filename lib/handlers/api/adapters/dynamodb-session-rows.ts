import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { SESSION_STATUSES, type SessionPage, type SessionPosition, type SessionRow, type SessionRows } from '../ports';

/** Names of the table's keys and index; `SessionTable` makes them. */
const INDEX = 'byLastUse';
const SETTINGS = 'SETTINGS';
const SESSION_PREFIX = 'SESSION#';

type Item = Readonly<Record<string, unknown>>;

/** The rows of one user in the table of sessions. */
export class DynamoDbSessionRows implements SessionRows {
  readonly #table: string;
  readonly #pk: string;
  readonly #client: DynamoDBDocumentClient;

  constructor(client: DynamoDBClient, table: string, userKey: string) {
    this.#client = DynamoDBDocumentClient.from(client);
    this.#table = table;
    this.#pk = `USER#${userKey}`;
  }

  async list(limit: number, after: SessionPosition | undefined): Promise<SessionPage> {
    const { Items = [], LastEvaluatedKey: last } = await this.#client.send(
      new QueryCommand({
        TableName: this.#table,
        IndexName: INDEX,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': this.#pk },
        ScanIndexForward: false,
        Limit: limit,
        ExclusiveStartKey: after && { ...this.#key(after.sessionId), updatedAt: after.updatedAt },
      }),
    );
    return {
      sessions: Items.map(rowOf),
      next: last && { updatedAt: text(last.updatedAt), sessionId: sessionIdOf(last) },
    };
  }

  async has(sessionId: string): Promise<boolean> {
    const { Item: item } = await this.#client.send(
      new GetCommand({ TableName: this.#table, Key: this.#key(sessionId), ConsistentRead: true }),
    );
    return item !== undefined;
  }

  async rename(sessionId: string, title: string): Promise<SessionRow | undefined> {
    try {
      const { Attributes: item = {} } = await this.#client.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: this.#key(sessionId),
          UpdateExpression: 'SET title = :title, titledBy = :by',
          // A session that is not there must not come into being by its title.
          ConditionExpression: 'attribute_exists(pk)',
          ExpressionAttributeValues: { ':title': title, ':by': 'user' },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return rowOf(item);
    } catch (error) {
      if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return undefined;
      throw error;
    }
  }

  async remove(sessionId: string): Promise<boolean> {
    const { Attributes: item } = await this.#client.send(
      new DeleteCommand({ TableName: this.#table, Key: this.#key(sessionId), ReturnValues: 'ALL_OLD' }),
    );
    return item !== undefined;
  }

  async settings(): Promise<string | undefined> {
    const { Item: item } = await this.#client.send(
      new GetCommand({ TableName: this.#table, Key: { pk: this.#pk, sk: SETTINGS }, ConsistentRead: true }),
    );
    return typeof item?.settings === 'string' ? item.settings : undefined;
  }

  async putSettings(settings: string): Promise<void> {
    await this.#client.send(
      new UpdateCommand({
        TableName: this.#table,
        Key: { pk: this.#pk, sk: SETTINGS },
        UpdateExpression: 'SET settings = :settings',
        ExpressionAttributeValues: { ':settings': settings },
      }),
    );
  }

  #key(sessionId: string): { readonly pk: string; readonly sk: string } {
    return { pk: this.#pk, sk: `${SESSION_PREFIX}${sessionId}` };
  }
}

/** Rows are written by agents of several versions: what one of them did not know has a plain value. */
function rowOf(item: Item): SessionRow {
  return {
    sessionId: sessionIdOf(item),
    title: text(item.title),
    status: SESSION_STATUSES.find((status) => status === item.status) ?? 'idle',
    lastText: text(item.lastText),
    pendingInterrupts: typeof item.pendingInterrupts === 'number' ? item.pendingInterrupts : 0,
    createdAt: text(item.createdAt) || text(item.updatedAt),
    updatedAt: text(item.updatedAt),
    agent: text(item.agent),
  };
}

function sessionIdOf({ sk }: Item): string {
  return text(sk).slice(SESSION_PREFIX.length);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
