import { aws_dynamodb as dynamodb, RemovalPolicy } from 'aws-cdk-lib';
import type { aws_kms as kms } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { LAST_USE_INDEX } from '../iam/session-row-access';
import { type SessionRetentionOptions, SessionTableBase } from './session-table-base';

/** Properties of a SessionTable. */
export interface SessionTableProps extends SessionRetentionOptions {
  /**
   * The key that encrypts the rows.
   *
   * @default - the key that AWS keeps in the account for Amazon DynamoDB (`aws/dynamodb`)
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What happens to the rows when the construct is removed or its stack deleted. With another policy than
   * `RemovalPolicy.RETAIN` the table is not protected from being deleted.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Lists the sessions of an agent's users by last use, and keeps what an application remembers for each user: a table that
 * is paid by request, encrypted, can be brought back to any second of the last 35 days, and is kept when the stack is
 * deleted. With a retention, sessions that nobody uses leave the list.
 */
export class SessionTable extends SessionTableBase {
  /**
   * A table that exists or is defined elsewhere. Nothing about it is changed: let it have the keys, and the index, that
   * `SessionTableBase` describes, and with a retention `expiresAt` as its attribute for time to live.
   *
   * @param table with its key, if it has one of the account: `Table.fromTableAttributes({ …, encryptionKey })`
   */
  public static fromTable(
    scope: Construct,
    id: string,
    table: dynamodb.ITable,
    options: SessionRetentionOptions = {},
  ): SessionTableBase {
    return new BroughtTable(scope, id, table, options);
  }

  public readonly table: dynamodb.Table;

  /** @throws Error when the retention is not in whole days, or more than 3,650 */
  constructor(scope: Construct, id: string, props: SessionTableProps = {}) {
    super(scope, id, props);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const partitionKey = { name: 'pk', type: dynamodb.AttributeType.STRING };
    this.table = new dynamodb.Table(this, 'Table', {
      partitionKey,
      sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'expiresAt',
      ...(props.encryptionKey === undefined
        ? { encryption: dynamodb.TableEncryption.AWS_MANAGED }
        : { encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED, encryptionKey: props.encryptionKey }),
      deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
      removalPolicy,
    });
    // Settings have no "updatedAt", so they are not in it.
    this.table.addGlobalSecondaryIndex({
      indexName: LAST_USE_INDEX,
      partitionKey,
      sortKey: { name: 'updatedAt', type: dynamodb.AttributeType.STRING },
    });
  }
}

class BroughtTable extends SessionTableBase {
  constructor(
    scope: Construct,
    id: string,
    public readonly table: dynamodb.ITable,
    options: SessionRetentionOptions,
  ) {
    super(scope, id, options);
  }
}
