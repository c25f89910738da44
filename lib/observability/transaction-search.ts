import { aws_logs as logs, aws_xray as xray, RemovalPolicy, Stack, Token, Validations } from 'aws-cdk-lib';
import type { aws_kms as kms } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import { grantLogEncryption } from '../iam/log-encryption';
import { logGroupArn, SPAN_LOG_GROUP, spanLoggingStatement } from '../iam/span-logging';
import { throwFindings } from '../private/validation';

/** Properties of a TransactionSearch. */
export interface TransactionSearchProps {
  /**
   * How many of a hundred traces AWS X-Ray indexes, which makes summaries of them: 0 to 100. Every span can be searched
   * whatever this says; 1 is free of charge.
   *
   * @default 1
   */
  readonly indexingPercentage?: number;

  /**
   * The key of the log group `aws/spans`, which AWS X-Ray makes when Transaction Search is switched on for the first time.
   * It cannot be added, changed or taken out later. The policy of a key that is imported must let CloudWatch Logs use it.
   *
   * @default - a key of CloudWatch Logs
   */
  readonly encryptionKey?: kms.IKey;
}

/** The path of the one of each account and Region, by app. */
const switchedOnIn = new WeakMap<IConstruct, Map<string, string>>();

/**
 * Switches on Transaction Search, without which AWS X-Ray takes neither spans of agents nor deliveries of spans: the
 * setting of an account and Region, for all that runs there.
 *
 * Put it into a stack of its own, once for each account and Region, and deploy that before the first stack with tracing.
 * Where Transaction Search is on already there is nothing to do: AWS CloudFormation refuses to switch it on twice, and
 * brings what is there under this stack with `cdk import`. It stays on when the stack is deleted, because others use it.
 */
export class TransactionSearch extends Construct {
  /** The setting: the way to what this construct does not offer. */
  public readonly config: xray.CfnTransactionSearchConfig;

  /** @throws Error with every finding about the properties */
  constructor(scope: Construct, id: string, { indexingPercentage = 1, encryptionKey }: TransactionSearchProps = {}) {
    super(scope, id);
    throwFindings(this, [...percentageFindings(indexingPercentage), ...this.rivalFindings()]);
    const policy = new logs.CfnResourcePolicy(this, 'SpanLogging', {
      policyName: 'cdk-agentcore-constructs-transaction-search',
      policyDocument: Stack.of(this).toJsonString({
        Version: '2012-10-17',
        Statement: [spanLoggingStatement(this).toStatementJson()],
      }),
    });
    this.config = new xray.CfnTransactionSearchConfig(this, 'Config', {
      indexingPercentage,
      ...(encryptionKey === undefined
        ? {}
        : { cloudWatchLogsConfiguration: { spansLogGroupKmsKeyId: encryptionKey.keyArn } }),
    });
    // AWS X-Ray tries what it may write when the setting is made.
    this.config.addResourceDependency(policy);
    if (encryptionKey !== undefined) {
      grantLogEncryption(this, encryptionKey, logGroupArn(this, SPAN_LOG_GROUP));
      Validations.of(this.config).acknowledge({
        id: 'CloudFormation-Validate::F3002',
        reason: 'the rules that come with the CDK are older than CloudWatchLogsConfiguration, which its L1 has',
      });
    }
    for (const resource of [policy, this.config]) {
      resource.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    }
  }

  private rivalFindings(): string[] {
    const { account, region } = Stack.of(this);
    // Stacks of no set environment may go to different ones.
    if (Token.isUnresolved(account) || Token.isUnresolved(region)) return [];
    const places = switchedOnIn.get(this.node.root) ?? new Map<string, string>();
    switchedOnIn.set(this.node.root, places);
    const place = `${account} ${region}`;
    const rival = places.get(place);
    places.set(place, rival ?? this.node.path);
    return rival === undefined
      ? []
      : [
          `Transaction Search is switched on for the account ${account} in ${region} by ${rival} already, and there is one setting for both; keep one of the two`,
        ];
  }
}

function percentageFindings(percentage: number): string[] {
  return Token.isUnresolved(percentage) || (percentage >= 0 && percentage <= 100)
    ? []
    : [`indexingPercentage is ${percentage}; give 0 to 100, or leave it out for 1, which is free of charge`];
}
