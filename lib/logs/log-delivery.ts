import { createHash } from 'node:crypto';
import { aws_logs as logs, Reference, RemovalPolicy, Stack, Tokenization } from 'aws-cdk-lib';
import type { aws_kms as kms, CfnElement } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import { grantLogEncryption } from '../iam/log-encryption';
import { logGroupsIn } from '../iam/vended-logs';
import { renderedText } from '../private/rendered-text';
import { requireProperties } from '../private/required-properties';
import { throwFindings } from '../private/validation';
import { DeliveredLog, type LogSource } from './log-source';

/** Properties of a LogDelivery. */
export interface LogDeliveryProps {
  /** Whose logs are delivered. A resource has one delivery. */
  readonly source: LogSource;

  /**
   * Whether every request and answer is logged. These logs hold what people and models say, and the arguments and results
   * of tools: decide who may read the log group before you switch this on.
   *
   * @default false
   */
  readonly applicationLogs?: boolean;

  /**
   * Whether it is logged what each session uses of processors and memory, every second. Runtimes, code interpreters and
   * browsers have it.
   *
   * @default false
   */
  readonly usageLogs?: boolean;

  /**
   * Whether spans go to AWS X-Ray. The account must have Transaction Search, or the deployment fails: see
   * `TransactionSearch`.
   *
   * @default false
   */
  readonly traces?: boolean;

  /**
   * How long log events are kept. Not of spans, which all of an account are in one log group.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * The key that encrypts the log groups. The policy of a key that is imported must let CloudWatch Logs use it.
   *
   * @default - a key of CloudWatch Logs
   */
  readonly logEncryptionKey?: kms.IKey;
}

/** The path of the delivery of each resource, by app and ARN. */
const deliveriesOf = new WeakMap<IConstruct, Map<string, string>>();

/**
 * Delivers logs of one AgentCore resource: to log groups of its own below `/aws/vendedlogs/`, which AWS services may write
 * to as they are, and spans to AWS X-Ray. It makes no resource policy, of which an account and Region has ten.
 *
 * Names and logical ids follow the resource and not the place of this construct, because Amazon CloudWatch Logs has one
 * source for a resource and kind of log: moving or renaming the construct changes nothing in the account, and where the
 * resource is replaced, so is all of this. Log groups stay when the stack is deleted.
 */
export class LogDelivery extends Construct {
  /** The log group of the application logs; undefined where they are off. */
  public readonly applicationLogGroup?: logs.ILogGroup;

  /** The log group of the usage logs; undefined where they are off. */
  public readonly usageLogGroup?: logs.ILogGroup;

  private readonly source: LogSource;
  private readonly key: string;
  private previous: logs.CfnDelivery | undefined;

  /** @throws Error with every finding about the properties */
  constructor(scope: Construct, id: string, props: LogDeliveryProps) {
    super(scope, id);
    requireProperties(this, props, { source: 'a LogSource' });
    const { source, applicationLogs = false, usageLogs = false, traces = false } = props;
    const wanted = [
      ...(applicationLogs ? [DeliveredLog.APPLICATION_LOGS] : []),
      ...(usageLogs ? [DeliveredLog.USAGE_LOGS] : []),
      ...(traces ? [DeliveredLog.TRACES] : []),
    ];
    throwFindings(this, [
      ...(wanted.length === 0
        ? ['nothing is delivered; switch on applicationLogs, usageLogs or traces, or leave the delivery out']
        : []),
      ...source.findings(this, wanted),
      ...this.rivalFindings(source),
    ]);
    this.source = source;
    this.key = keyOf(this, source.arn);

    if (applicationLogs)
      this.applicationLogGroup = this.deliverTo('ApplicationLogs', DeliveredLog.APPLICATION_LOGS, props);
    if (usageLogs) this.usageLogGroup = this.deliverTo('UsageLogs', DeliveredLog.USAGE_LOGS, props);
    if (traces) this.deliver('Traces', DeliveredLog.TRACES, { deliveryDestinationType: 'XRAY' });
    const { logEncryptionKey } = props;
    if (logEncryptionKey !== undefined && (applicationLogs || usageLogs)) {
      grantLogEncryption(this, logEncryptionKey, logGroupsIn(this, source.logFolderPattern));
    }
  }

  /** What speaks against one more delivery of the same resource: two at a time are refused, and they know of no order. */
  private rivalFindings({ arn }: LogSource): string[] {
    const deliveries = deliveriesOf.get(this.node.root) ?? new Map<string, string>();
    deliveriesOf.set(this.node.root, deliveries);
    const rival = deliveries.get(arn);
    deliveries.set(arn, rival ?? this.node.path);
    return rival === undefined
      ? []
      : [`logs of the same resource are delivered by ${rival} already; switch on there what is wanted here`];
  }

  private deliverTo(id: string, log: DeliveredLog, props: LogDeliveryProps): logs.ILogGroup {
    const { logRetention = logs.RetentionDays.THREE_MONTHS, logEncryptionKey } = props;
    const logGroup = new logs.LogGroup(this, `${id}Group`, {
      logGroupName: `${this.source.logFolder}/${nameOf(log)}`,
      retention: logRetention,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      ...(logEncryptionKey === undefined ? {} : { encryptionKey: logEncryptionKey }),
    });
    this.pin(logGroup.node.defaultChild as logs.CfnLogGroup, `${id}Group`);
    this.deliver(id, log, { deliveryDestinationType: 'CWL', destinationResourceArn: logGroup.logGroupArn });
    return logGroup;
  }

  private deliver(id: string, logType: DeliveredLog, to: Omit<logs.CfnDeliveryDestinationProps, 'name'>): void {
    const scope = new Construct(this, id);
    // At most 60 characters, unique in an account and Region (CloudWatch Logs API reference): these have 44 at the most.
    const name = `${this.source.deliveryName}-${nameOf(logType)}`;
    const source = new logs.CfnDeliverySource(scope, 'Source', { name, logType, resourceArn: this.source.arn });
    const destination = new logs.CfnDeliveryDestination(scope, 'Destination', { name, ...to });
    const delivery = new logs.CfnDelivery(scope, 'Delivery', {
      deliverySourceName: source.ref,
      deliveryDestinationArn: destination.attrArn,
    });
    // Two at a time for one resource are refused.
    if (this.previous !== undefined) source.addResourceDependency(this.previous);
    this.previous = delivery;
    this.pin(source, `${id}Source`);
    this.pin(destination, `${id}Destination`);
    this.pin(delivery, `${id}Delivery`);
  }

  private pin(element: CfnElement, what: string): void {
    element.overrideLogicalId(`LogDelivery${this.key}${what}`);
  }
}

/** `APPLICATION_LOGS` as a part of names. */
function nameOf(log: DeliveredLog): string {
  return log.toLowerCase().replaceAll('_', '-');
}

/**
 * Eight characters for a resource. A reference stands for its logical id, and for the name of the stack that it is in when
 * that is another: logical ids alone are the same in stacks of the same kind.
 */
function keyOf(scope: IConstruct, arn: string): string {
  const own = Stack.of(scope);
  const others = Tokenization.reverseString(arn)
    .tokens.filter((token) => Reference.isReference(token))
    .map(({ target }) => Stack.of(target))
    .filter((stack) => stack !== own)
    .map(({ stackName }) => stackName);
  return createHash('sha256')
    .update([...others, renderedText(scope, arn)].join('\n'))
    .digest('hex')
    .slice(0, 8)
    .toUpperCase();
}
