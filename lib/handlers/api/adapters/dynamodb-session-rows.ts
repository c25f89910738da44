import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { SESSION_STATUSES, type SessionPage, type SessionPosition, type SessionRow, type SessionRows } from '../ports';

/** Names of the table's keys and index; `SessionTable` makes them. */
const INDEX = 'byLastUse';
const SETTINGS = 'SETTINGS';
const SESSION_PREFIX = 'SESSION#';

/** How often one page of the list asks for more, where rows of other agents lie between. */
const QUERIES = 5;

/** A word of DynamoDB itself. */
const NAMES = { '#agent': 'agent' };
const OF_THIS_AGENT = '#agent = :agent';

type Item = Readonly<Record<string, unknown>>;

/** Which rows of the table are meant. */
export interface RowOwner {
  readonly table: string;
  readonly agentName: string;
  readonly userKey: string;
}

/** The rows of one user and one agent in the table of sessions. */
export class DynamoDbSessionRows implements SessionRows {
  readonly #table: string;
  readonly #agentName: string;
  readonly #pk: string;
  readonly #client: DynamoDBDocumentClient;

  constructor(client: DynamoDBClient, { table, agentName, userKey }: RowOwner) {
    this.#client = DynamoDBDocumentClient.from(client);
    this.#table = table;
    this.#agentName = agentName;
    this.#pk = `USER#${userKey}`;
  }

  async list(limit: number, after: SessionPosition | undefined): Promise<SessionPage> {
    const sessions: SessionRow[] = [];
    let next = after;
    for (let query = 1; query <= QUERIES; query += 1) {
      const page = await this.#page(limit - sessions.length, next);
      sessions.push(...page.sessions);
      next = page.next;
      if (next === undefined || sessions.length === limit) break;
    }
    return { sessions, next };
  }

  async find(sessionId: string): Promise<'here' | 'elsewhere' | undefined> {
    const { Item: item } = await this.#client.send(
      new GetCommand({ TableName: this.#table, Key: this.#key(sessionId), ConsistentRead: true }),
    );
    if (item === undefined) return undefined;
    return item.agent === this.#agentName ? 'here' : 'elsewhere';
  }

  async rename(sessionId: string, title: string): Promise<SessionRow | undefined> {
    const reply = await whereItHolds(
      this.#client.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: this.#key(sessionId),
          UpdateExpression: 'SET title = :title, titledBy = :by',
          // A session that is not there has no agent, and does not come into being by its title.
          ConditionExpression: OF_THIS_AGENT,
          ExpressionAttributeNames: NAMES,
          ExpressionAttributeValues: { ':title': title, ':by': 'user', ':agent': this.#agentName },
          ReturnValues: 'ALL_NEW',
        }),
      ),
    );
    return reply?.Attributes && rowOf(reply.Attributes);
  }

  async remove(sessionId: string): Promise<boolean> {
    const reply = await whereItHolds(
      this.#client.send(
        new DeleteCommand({
          TableName: this.#table,
          Key: this.#key(sessionId),
          ConditionExpression: OF_THIS_AGENT,
          ExpressionAttributeNames: NAMES,
          ExpressionAttributeValues: { ':agent': this.#agentName },
        }),
      ),
    );
    return reply !== undefined;
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

  async #page(limit: number, after: SessionPosition | undefined): Promise<SessionPage> {
    const { Items = [], LastEvaluatedKey: last } = await this.#client.send(
      new QueryCommand({
        TableName: this.#table,
        IndexName: INDEX,
        KeyConditionExpression: 'pk = :pk',
        FilterExpression: OF_THIS_AGENT,
        ExpressionAttributeNames: NAMES,
        ExpressionAttributeValues: { ':pk': this.#pk, ':agent': this.#agentName },
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

  #key(sessionId: string): { readonly pk: string; readonly sk: string } {
    return { pk: this.#pk, sk: `${SESSION_PREFIX}${sessionId}` };
  }
}

/** Undefined where the condition of a write did not hold. */
async function whereItHolds<T>(written: Promise<T>): Promise<T | undefined> {
  try {
    return await written;
  } catch (error) {
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return undefined;
    throw error;
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
