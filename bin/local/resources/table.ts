import type { PolicyDocumentJson, ResolvedTemplate } from '../../../lib/testing';
import { policyDocument } from '../../../lib/testing/policy';

export const TABLE_TYPES: ReadonlySet<string> = new Set(['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable']);

interface KeyElement {
  readonly AttributeName: string;
  readonly KeyType: 'HASH' | 'RANGE';
}

interface TableIndex {
  readonly IndexName: string;
  readonly KeySchema: readonly KeyElement[];
  readonly Projection: Readonly<Record<string, unknown>>;
}

/** An AWS::DynamoDB::Table or GlobalTable of the template. */
export interface TemplateTable {
  readonly name: string;
  readonly arn: string;
  readonly keys: readonly KeyElement[];
  readonly attributes: readonly { readonly AttributeName: string; readonly AttributeType: string }[];
  readonly globalIndexes: readonly TableIndex[];
  readonly localIndexes: readonly TableIndex[];
  /** Whether items have a time after which AWS deletes them. */
  readonly hasExpiry: boolean;
  readonly policy?: PolicyDocumentJson;
}

/** Reads one table of a stack. */
export function readTable(template: ResolvedTemplate, logicalId: string): TemplateTable {
  const property = (name: string): unknown => template.property(logicalId, name);
  const expiry = property('TimeToLiveSpecification') as { readonly Enabled?: unknown } | undefined;
  const policy = property('ResourcePolicy') as { readonly PolicyDocument: unknown } | undefined;
  return {
    name: template.ref(logicalId),
    arn: template.getAtt(logicalId, 'Arn'),
    keys: property('KeySchema') as KeyElement[],
    attributes: property('AttributeDefinitions') as TemplateTable['attributes'],
    globalIndexes: ((property('GlobalSecondaryIndexes') ?? []) as TableIndex[]).map(indexOnly),
    localIndexes: ((property('LocalSecondaryIndexes') ?? []) as TableIndex[]).map(indexOnly),
    hasExpiry: String(expiry?.Enabled) === 'true',
    ...(policy === undefined ? {} : { policy: policyDocument(policy.PolicyDocument, logicalId) }),
  };
}

/** The name of the attribute that says in which partition of a table, or of one of its indexes, an item is. */
export function partitionKey({ keys, globalIndexes, localIndexes }: TemplateTable, indexName?: string): string {
  const index = [...globalIndexes, ...localIndexes].find((one) => one.IndexName === indexName);
  const found = (index?.KeySchema ?? keys).find(({ KeyType }) => KeyType === 'HASH');
  return found?.AttributeName ?? '';
}

/** Without what only says how much it may be used. */
function indexOnly({ IndexName, KeySchema, Projection }: TableIndex): TableIndex {
  return { IndexName, KeySchema, Projection };
}
