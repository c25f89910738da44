import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';

/** What a session is doing; `waiting`: for the answers to questions. */
export type RowStatus = 'idle' | 'running' | 'waiting' | 'error';

/** What changed of a session. */
export interface SessionChange {
  readonly status: RowStatus;
  /** What was said last, by either; cut to {@link MAX_LAST_TEXT}. What is there stays when missing. */
  readonly lastText?: string;
  /** Questions that wait for an answer; none when missing. */
  readonly pendingInterrupts?: number;
  /**
   * What was asked: the title of a session that has none yet, cut to {@link MAX_TITLE}. Only with it a row is made: a
   * session that its user has deleted is not listed again by the end of a run.
   */
  readonly prompt?: string;
}

/** Longest title and longest last text in a row, in characters: what lists of sessions show. */
const MAX_TITLE = 200;
const MAX_LAST_TEXT = 500;

/** Which row it is, and what is the same in every change of it. */
export interface RowOwner {
  readonly table: string;
  readonly userKey: string;
  readonly sessionId: string;
  readonly agentName: string;
  /** After so many days without a change the row expires; never when missing. */
  readonly retentionDays?: number;
}

const SECONDS_A_DAY = 24 * 60 * 60;

type Values = NonNullable<UpdateItemCommandInput['ExpressionAttributeValues']>;

/**
 * The update of a session's row. One with a prompt makes the row when there is none, any other fails then. A title that is
 * there is never changed, so that one which the user gave stays.
 *
 * @param at milliseconds since 1970
 */
export function rowUpdate(
  { table, userKey, sessionId, agentName, retentionDays }: RowOwner,
  { status, lastText, pendingInterrupts = 0, prompt }: SessionChange,
  at: number,
): UpdateItemCommandInput {
  const title = prompt === undefined ? '' : oneLine(prompt, MAX_TITLE);
  const last = lastText === undefined ? '' : oneLine(lastText, MAX_LAST_TEXT);
  const values: Values = {
    ':sessionId': { S: sessionId },
    ':status': { S: status },
    ':pending': { N: String(pendingInterrupts) },
    ':agent': { S: agentName },
    ':at': { S: new Date(at).toISOString() },
    ...(retentionDays !== undefined && {
      ':expires': { N: String(Math.ceil(at / 1_000) + retentionDays * SECONDS_A_DAY) },
    }),
    ...(last !== '' && { ':last': { S: last } }),
    ...(title !== '' && { ':title': { S: title } }),
  };
  const sets = [
    ...['sessionId = :sessionId', '#status = :status', 'pendingInterrupts = :pending', '#agent = :agent'],
    ...['updatedAt = :at', 'createdAt = if_not_exists(createdAt, :at)'],
    ...(retentionDays === undefined ? [] : ['expiresAt = :expires']),
    ...(last === '' ? [] : ['lastText = :last']),
    ...(title === '' ? [] : ['title = if_not_exists(title, :title)']),
  ];
  return {
    TableName: table,
    Key: { pk: { S: `USER#${userKey}` }, sk: { S: `SESSION#${sessionId}` } },
    UpdateExpression: `SET ${sets.join(', ')}`,
    ...(prompt === undefined && { ConditionExpression: 'attribute_exists(pk)' }),
    // Words of DynamoDB itself.
    ExpressionAttributeNames: { '#status': 'status', '#agent': 'agent' },
    ExpressionAttributeValues: values,
  };
}

/** The beginning of a text on one line, cut at no half character. */
function oneLine(text: string, length: number): string {
  // Enough for the cut, because a text may be of any length.
  const line = text
    .slice(0, 20 * length)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  const cut = line.length <= length ? line : `${line.slice(0, length - 1).trimEnd()}…`;
  return cut.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/g, '');
}
