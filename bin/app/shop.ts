import { join } from 'node:path';
import { aws_dynamodb as dynamodb, aws_secretsmanager as secretsmanager, Validations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { AgentGateway, GatewayPolicy, GatewayTool, type AgentAuthorizer } from '../../lib';
import { CURRENT_TIME_INPUT } from './tools/current-time';
import { ORDER_STATUS_INPUT } from './tools/order-status';
import { ORDERS_TABLE_VARIABLE } from './tools/orders';
import { PICKUP_KEY_VARIABLE } from './tools/pickup-code';
import { PLACE_ORDER_INPUT } from './tools/place-order';
import { ALLOWED_SITES_VARIABLE, READ_PAGE_INPUT } from './tools/read-page';

/** The sites whose pages the agent may read. */
const SITES = ['docs.aws.amazon.com', 'docs.claude.com'];

const tool = (name: string): string => join(__dirname, 'tools', `${name}.ts`);

/** What the agent of the sample can call: a shop's orders, the time, and pages of a few sites. Policies say who may. */
export class Shop extends Construct {
  public readonly gateway: AgentGateway;
  public readonly orders: dynamodb.ITable;

  constructor(scope: Construct, id: string, authorizer: AgentAuthorizer) {
    super(scope, id);

    this.orders = new dynamodb.Table(this, 'Orders', {
      partitionKey: { name: 'orderId', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    });
    const pickupKey = new secretsmanager.Secret(this, 'PickupKey', { description: 'Makes the pickup codes of orders' });
    Validations.of(pickupKey).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'With another key the codes that customers hold would be wrong',
    });
    const ordersTable = { [ORDERS_TABLE_VARIABLE]: this.orders.tableName };
    this.gateway = new AgentGateway(this, 'Gateway', {
      authorizer,
      tools: [
        GatewayTool.function('get_order_status', {
          target: 'orders',
          entry: tool('order-status'),
          input: ORDER_STATUS_INPUT,
          description: 'Tells where an order is. Use it when somebody asks about a delivery.',
          environment: ordersTable,
        }),
        GatewayTool.function('place_order', {
          target: 'purchases',
          entry: tool('place-order'),
          input: PLACE_ORDER_INPUT,
          description: 'Orders something. Use it when somebody has said what, and how many.',
          environment: { ...ordersTable, [PICKUP_KEY_VARIABLE]: pickupKey.secretArn },
        }),
        GatewayTool.function('get_current_time', {
          target: 'clock',
          entry: tool('current-time'),
          input: CURRENT_TIME_INPUT,
          description: 'Tells date and time in a time zone.',
        }),
        GatewayTool.function('read_page', {
          target: 'pages',
          entry: tool('read-page'),
          input: READ_PAGE_INPUT,
          description: `Reads the text of a page of ${SITES.join(' or ')}.`,
          environment: { [ALLOWED_SITES_VARIABLE]: SITES.join(',') },
        }),
      ],
      policies: [GatewayPolicy.fromFolder(join(__dirname, 'policies'))],
    });
    // To the tools, so that the policies stand between a user and the table. An agent whose own code needs a table or a
    // secret is granted it in the same way: `table.grantReadWriteData(agent)`, `secret.grantRead(agent)`.
    this.orders.grant(this.gateway.toolFunction('get_order_status'), 'dynamodb:GetItem');
    this.orders.grant(this.gateway.toolFunction('place_order'), 'dynamodb:PutItem');
    pickupKey.grantRead(this.gateway.toolFunction('place_order'));
  }
}
