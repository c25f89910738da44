import { CustomResource, Duration, Stack, Token } from 'aws-cdk-lib';
import type { aws_kms as kms } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import { LibraryFunction } from '../functions/library-function';
import { grantLogEncryption } from '../iam/log-encryption';
import { logGroupArn, SPAN_LOG_GROUP, spanLoggingStatement } from '../iam/span-logging';
import { transactionSearchStatements } from '../iam/transaction-search-access';
import { throwFindings } from '../private/validation';

/** Properties of a TransactionSearch. */
export interface TransactionSearchProps {
  /**
   * How many of a hundred traces AWS X-Ray indexes, which makes summaries of them: 0 to 100. Every span can be searched
   * whatever this says; 1 is free of charge.
   *
   * @default - what the account and Region has; AWS starts with 1
   */
  readonly indexingPercentage?: number;

  /**
   * The key of the log group `aws/spans`, which AWS X-Ray makes when Transaction Search is switched on for the first time.
   * Where the log group is there with another key, the deployment fails and says how to change that. The policy of a key
   * that is imported must let CloudWatch Logs use it.
   *
   * @default - the key that the log group has; a key of CloudWatch Logs for a new one
   */
  readonly encryptionKey?: kms.IKey;
}

/** A minute for permissions to count everywhere and four for AWS X-Ray to switch, with room for the calls. */
const TIMEOUT = Duration.minutes(8);

/** The path of the one of each place, by app. */
const switchedOnIn = new WeakMap<IConstruct, Map<string, string>>();

/**
 * Has Transaction Search on, without which AWS X-Ray takes neither spans of agents nor deliveries of spans: the setting of
 * an account and Region, for all that runs there.
 *
 * Put it into a stack of its own, once for each account and Region, and deploy that before the first stack with tracing.
 * A function reads what is set and changes only what differs, so it does no harm where Transaction Search is on already.
 * Everything stays as it is when the stack is deleted, because others use it.
 */
export class TransactionSearch extends Construct {
  /** @throws Error with every finding about the properties */
  constructor(scope: Construct, id: string, { indexingPercentage, encryptionKey }: TransactionSearchProps = {}) {
    super(scope, id);
    throwFindings(this, [...percentageFindings(indexingPercentage), ...this.rivalFindings()]);
    const update = new LibraryFunction(this, 'Update', {
      handler: 'transaction-search',
      description: 'Switches on Transaction Search of AWS X-Ray',
      timeout: TIMEOUT,
    });
    update.addPolicy('Settings', {
      description: 'The settings of Transaction Search',
      statements: transactionSearchStatements(this, encryptionKey),
    });
    const resource = new CustomResource(this, 'Resource', {
      resourceType: 'Custom::TransactionSearch',
      serviceToken: update.function.functionArn,
      // Longer than the function can take, and far less than the hour that AWS CloudFormation would wait.
      serviceTimeout: Duration.minutes(10),
      properties: {
        PolicyName: 'cdk-agentcore-constructs-transaction-search',
        PolicyDocument: Stack.of(this).toJsonString({
          Version: '2012-10-17',
          Statement: [spanLoggingStatement(this).toStatementJson()],
        }),
        IndexingPercentage: indexingPercentage,
        EncryptionKeyArn: encryptionKey?.keyArn,
      },
    });
    resource.node.addDependency(update);
    if (encryptionKey !== undefined) {
      grantLogEncryption(this, encryptionKey, logGroupArn(this, SPAN_LOG_GROUP));
      // A key that does not yet let CloudWatch Logs use it is refused.
      resource.node.addDependency(encryptionKey);
    }
  }

  private rivalFindings(): string[] {
    const { account, region } = Stack.of(this);
    const isKnown = !Token.isUnresolved(account) && !Token.isUnresolved(region);
    const places = switchedOnIn.get(this.node.root) ?? new Map<string, string>();
    switchedOnIn.set(this.node.root, places);
    // Two stacks of no set environment may go to different ones.
    const place = isKnown ? `${account} ${region}` : outermost(Stack.of(this)).node.path;
    const rival = places.get(place);
    places.set(place, rival ?? this.node.path);
    return rival === undefined
      ? []
      : [
          `Transaction Search is switched on for ${isKnown ? `${account} in ${region}` : 'this stack'} by ${rival} already, and an account and Region has one such setting; keep one of the two`,
        ];
  }
}

/** The stack that a nested one goes wherever it goes. */
function outermost(stack: Stack): Stack {
  return stack.nestedStackParent === undefined ? stack : outermost(stack.nestedStackParent);
}

function percentageFindings(percentage: number | undefined): string[] {
  return percentage === undefined || Token.isUnresolved(percentage) || (percentage >= 0 && percentage <= 100)
    ? []
    : [
        `indexingPercentage is ${percentage}; give 0 to 100, of which 1 is free of charge, or leave it out to keep what is set`,
      ];
}
