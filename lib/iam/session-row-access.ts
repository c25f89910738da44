import { aws_iam as iam } from 'aws-cdk-lib';
import type { aws_dynamodb as dynamodb } from 'aws-cdk-lib';
import { Actions } from './actions';
import type { BaselineStatement } from './runtime-baseline';
import { USER_KEY_VARIABLE } from './user-scope';

/** The index of the table of sessions by which a user's sessions are listed. */
export const LAST_USE_INDEX = 'byLastUse';

/** What may be done with rows: `note` reads and writes one, `manage` lists and deletes. */
export type RowPermission = 'note' | 'manage';

/**
 * Statements of the user-scoped role that allow something with the rows of its user, and with the key of the table, where it
 * has one of the account, through Amazon DynamoDB.
 */
export function sessionRowStatements(table: dynamodb.ITable, permission: RowPermission): BaselineStatement[] {
  const manages = permission === 'manage';
  return [
    {
      statement: new iam.PolicyStatement({
        actions: manages ? [...Actions.LIST_ROWS, ...Actions.DELETE_ROWS] : [...Actions.NOTE_ROWS],
        resources: [table.tableArn, ...(manages ? [`${table.tableArn}/index/${LAST_USE_INDEX}`] : [])],
        conditions: {
          'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [`USER#${USER_KEY_VARIABLE}`] },
          // "ForAllValues" holds where no key is named at all.
          Null: { 'dynamodb:LeadingKeys': 'false' },
        },
      }),
    },
    ...(table.encryptionKey === undefined ? [] : [{ statement: encryption(table, table.encryptionKey.keyArn) }]),
  ];
}

function encryption(table: dynamodb.ITable, keyArn: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: [...Actions.USE_TABLE_KEY],
    resources: [keyArn],
    // Which rows of which table that opens is said by the permissions for the table.
    conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${table.env.region}.amazonaws.com` } },
  });
}
