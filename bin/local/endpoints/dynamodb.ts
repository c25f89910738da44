import type { ServerResponse } from 'node:http';
import type { Audit } from '../audit';
import type { Principal } from '../credentials';
import { RequestFault, sendJson } from '../http-messages';
import type { WireRequest } from '../sigv4';
import type { LocalTables } from '../tables/local-tables';
import { neededAccess } from '../tables/table-access';
import { isTableOperation, type Document, type TableOperation } from '../tables/table-engine';

/** The protocol of the service: the operation in a header, JSON both ways. */
const CONTENT_TYPE = 'application/x-amz-json-1.0';
const PREFIX = 'DynamoDB_20120810.';
/** What makes tables is the template, here as on AWS. */
const NOT_FOR_CALLERS: ReadonlySet<TableOperation> = new Set(['CreateTable', 'DeleteTable', 'ListTables']);

/**
 * Amazon DynamoDB for signed callers: reading and writing the items of the app's tables.
 *
 * @throws RequestFault with the codes of the service
 */
export async function serveDynamoDb(
  tables: LocalTables,
  audit: Audit,
  principal: Principal,
  region: string,
  request: WireRequest,
  res: ServerResponse,
  requestId: string,
): Promise<void> {
  const target = String(request.headers['x-amz-target'] ?? '');
  const operation = target.startsWith(PREFIX) ? target.slice(PREFIX.length) : target;
  if (!isTableOperation(operation) || NOT_FOR_CALLERS.has(operation)) {
    throw new RequestFault(
      400,
      'UnknownOperationException',
      `${operation} of Amazon DynamoDB is not run locally; reading and writing items, one by one and in batches, is`,
    );
  }
  const { partition, account } = principal;
  const input = withTableNames(readInput(request.body), tables);
  const checked = tables.engine.check(operation, input);
  const needed = neededAccess(
    operation,
    checked,
    (name) => tables.find(name),
    (name) => `arn:${partition}:dynamodb:${region}:${account}:table/${name}`,
  );
  for (const { request: one, table } of needed) audit.require(principal, [one], table?.policy);
  if (needed.some(({ table }) => table === undefined)) {
    throw new RequestFault(400, 'ResourceNotFoundException', 'Requested resource not found');
  }
  const output = await tables.engine.execute(operation, checked);
  sendJson(res, 200, output, { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': requestId });
}

/** The form in which the service reports an error: always 400 where the caller is wrong. */
export function sendDynamoDbFault(res: ServerResponse, fault: RequestFault, requestId: string): void {
  const isServices = ['ConditionalCheckFailedException', 'ResourceNotFoundException'].includes(fault.code);
  const namespace = isServices ? 'com.amazonaws.dynamodb.v20120810' : 'com.amazon.coral.service';
  sendJson(
    res,
    fault.status < 500 ? 400 : fault.status,
    { __type: `${namespace}#${fault.code}`, message: fault.message },
    { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': requestId },
  );
}

function readInput(body: Buffer): Document {
  try {
    const input: unknown = JSON.parse(body.toString());
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Document;
  } catch {
    // Refused below, like every other thing that is no object.
  }
  throw new RequestFault(400, 'SerializationException', 'the body of the request is not a JSON object');
}

/** A table may be given by its ARN; the engine knows names only. */
function withTableNames(input: Document, tables: LocalTables): Document {
  const nameOf = (id: string): string => tables.find(id)?.name ?? id;
  const { TableName, RequestItems } = input;
  return {
    ...input,
    ...(typeof TableName === 'string' ? { TableName: nameOf(TableName) } : {}),
    ...(typeof RequestItems === 'object' && RequestItems !== null
      ? { RequestItems: Object.fromEntries(Object.entries(RequestItems).map(([id, one]) => [nameOf(id), one])) }
      : {}),
  };
}
