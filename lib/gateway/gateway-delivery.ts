import { aws_logs as logs, Names, RemovalPolicy } from 'aws-cdk-lib';
import type { aws_kms as kms } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { grantLogEncryption } from '../iam/log-encryption';
import { vendedGatewayLogGroups } from '../iam/gateway-arns';

/** Properties of a GatewayDelivery. */
export interface GatewayDeliveryProps {
  readonly gatewayArn: string;
  readonly gatewayId: string;
  readonly gatewayName: string;
  readonly retention: logs.RetentionDays;
  /** @default - encrypted with a key of CloudWatch Logs */
  readonly encryptionKey?: kms.IKey;
  /** Whether spans go to AWS X-Ray. */
  readonly tracing: boolean;
}

/** Names of sources and destinations are unique in an account and Region (CloudWatch Logs API reference). */
const MAX_NAME = 60;

/**
 * Sends the log of a gateway to CloudWatch Logs and, where that is asked for, its spans to AWS X-Ray.
 *
 * The group is below `/aws/vendedlogs/`, which the service may write to as it is; a resource policy for each stack would use
 * up the ten that an account has.
 */
export class GatewayDelivery extends Construct {
  public readonly logGroup: logs.LogGroup;

  constructor(scope: Construct, id: string, props: GatewayDeliveryProps) {
    super(scope, id);
    const { gatewayArn, gatewayId, gatewayName, retention, encryptionKey, tracing } = props;
    this.logGroup = new logs.LogGroup(this, 'LogGroup', {
      logGroupName: `/aws/vendedlogs/bedrock-agentcore/gateways/${gatewayId}`,
      retention,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      ...(encryptionKey === undefined ? {} : { encryptionKey }),
    });
    if (encryptionKey !== undefined) {
      grantLogEncryption(this, encryptionKey, vendedGatewayLogGroups(this, gatewayName));
    }
    const delivery = this.deliver('Logs', gatewayArn, 'APPLICATION_LOGS', {
      deliveryDestinationType: 'CWL',
      destinationResourceArn: this.logGroup.logGroupArn,
    });
    if (tracing) {
      const traces = this.deliver('Traces', gatewayArn, 'TRACES', { deliveryDestinationType: 'XRAY' });
      // Two at a time for one resource are refused.
      traces.addResourceDependency(delivery);
    }
  }

  private deliver(
    id: string,
    resourceArn: string,
    logType: string,
    destination: Omit<logs.CfnDeliveryDestinationProps, 'name'>,
  ): logs.CfnDelivery {
    const scope = new Construct(this, id);
    const name = Names.uniqueResourceName(scope, { maxLength: MAX_NAME, separator: '-' });
    const source = new logs.CfnDeliverySource(scope, 'Source', { name, logType, resourceArn });
    const { attrArn } = new logs.CfnDeliveryDestination(scope, 'Destination', { name, ...destination });
    return new logs.CfnDelivery(scope, 'Delivery', {
      deliverySourceName: source.ref,
      deliveryDestinationArn: attrArn,
    });
  }
}
