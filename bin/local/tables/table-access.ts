import type { AccessRequest } from '../../../lib/testing';
import { partitionKey, type TemplateTable } from '../resources/table';
import type { Document, TableOperation } from './table-engine';

type Attributes = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** One table that a request is about, with what has to be allowed there. */
export interface TableAccess {
  readonly tableName: string;
  /** Undefined when there is no such table. */
  readonly table: TemplateTable | undefined;
  readonly request: AccessRequest;
}

/**
 * What a request needs to be allowed: the operation on each table or index, with the partitions that it is about as
 * `dynamodb:LeadingKeys`. A scan, which is about all of them, has no such key.
 *
 * @param checked the input as the engine has checked it
 * @param describe finds a table by its name
 * @param arnOf the ARN that a table of this name would have
 */
export function neededAccess(
  operation: TableOperation,
  checked: Document,
  describe: (name: string) => TemplateTable | undefined,
  arnOf: (name: string) => string,
): TableAccess[] {
  const access = (tableName: string, keysOf: (table: TemplateTable) => string[], indexName?: string): TableAccess => {
    const table = describe(tableName);
    const keys = table === undefined ? [] : keysOf(table);
    const arn = table?.arn ?? arnOf(tableName);
    return {
      tableName,
      table,
      request: {
        action: `dynamodb:${operation}`,
        resource: indexName === undefined ? arn : `${arn}/index/${indexName}`,
        context: {
          ...(keys.length === 0 ? {} : { 'dynamodb:LeadingKeys': [...new Set(keys)] }),
          ...(typeof checked.Select === 'string' ? { 'dynamodb:Select': checked.Select } : {}),
          ...(typeof checked.ReturnValues === 'string' ? { 'dynamodb:ReturnValues': checked.ReturnValues } : {}),
        },
      },
    };
  };
  const tableName = String(checked.TableName ?? '');
  const indexName = typeof checked.IndexName === 'string' ? checked.IndexName : undefined;
  const keyIn = (item: unknown, table: TemplateTable): string[] => values((item as Attributes)[partitionKey(table)]);

  switch (operation) {
    case 'GetItem':
    case 'DeleteItem':
    case 'UpdateItem':
      return [access(tableName, (table) => keyIn(checked.Key, table))];
    case 'PutItem':
      return [access(tableName, (table) => keyIn(checked.Item, table))];
    case 'Query':
      return [access(tableName, (table) => queried(checked, partitionKey(table, indexName)), indexName)];
    case 'BatchGetItem':
      return entries(checked.RequestItems).map(([name, request]) =>
        access(name, (table) => items((request as Document).Keys).flatMap((key) => keyIn(key, table))),
      );
    case 'BatchWriteItem':
      return entries(checked.RequestItems).map(([name, requests]) =>
        access(name, (table) => items(requests).flatMap((request) => keyIn(written(request), table))),
      );
    default:
      return [access(tableName, () => [], indexName)];
  }
}

/** The item of a write in a batch: what is put, or the key of what is deleted. */
function written(request: unknown): unknown {
  const { PutRequest, DeleteRequest } = request as {
    readonly PutRequest?: { readonly Item: unknown };
    readonly DeleteRequest?: { readonly Key: unknown };
  };
  return PutRequest?.Item ?? DeleteRequest?.Key ?? {};
}

function queried({ KeyConditions }: Document, key: string): string[] {
  const conditions = (KeyConditions ?? {}) as Readonly<Record<string, { readonly AttributeValueList?: unknown[] }>>;
  return (conditions[key]?.AttributeValueList ?? []).flatMap((value) => values(value as Attributes[string]));
}

/** The text of a value such as `{"S":"text"}`. */
function values(value: Attributes[string] | undefined): string[] {
  return Object.values(value ?? {}).map(String);
}

function entries(record: unknown): [string, unknown][] {
  return Object.entries((record ?? {}) as Document);
}

function items(list: unknown): unknown[] {
  return Array.isArray(list) ? (list as unknown[]) : [];
}
