import { join } from 'node:path';
import { CfnOutput, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import {
  AgentAlarms,
  AgentApi,
  AgentDashboard,
  AgentDefinition,
  AgentImage,
  AgentLogQueries,
  AgentRuntime,
  AgentUserPool,
  ClaudeModel,
  ClaudeModels,
  CodeInterpreterTool,
  SessionTable,
  WorkspaceBucket,
} from '../../lib';
import { Shop } from './shop';

/** Pages on the developer's machine; one that is deployed is added to it. */
const WEB_ORIGINS = ['http://localhost:5173'];

/** The sample: a Claude agent for people who sign in, with a workspace each, a place to run code, and tools of a shop. */
export class ClaudeAgentStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps = {}) {
    super(scope, id, props);

    const users = new AgentUserPool(this, 'Users', {
      webOrigins: WEB_ORIGINS,
      commandLineClient: {},
      machineClient: {},
      groups: { buyers: 'May place orders' },
    });
    Validations.of(users).acknowledge(
      { id: 'AwsSolutions-COG8', reason: 'Risk ratings cost for each user: `featurePlan: FeaturePlan.PLUS` has them' },
      { id: 'AwsSolutions-COG2', reason: 'People can set up a second factor; `mfa: Mfa.REQUIRED` makes them' },
    );
    const workspace = new WorkspaceBucket(this, 'Workspace');
    Validations.of(workspace).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Who assumed the role of which user is in CloudTrail; access logs are for deployments that need every read',
    });
    const sessions = new SessionTable(this, 'Sessions');
    const codeInterpreter = new CodeInterpreterTool(this, 'CodeInterpreter');
    const shop = new Shop(this, 'Shop', users.authorizer());
    const agent = new AgentRuntime(this, 'Agent', {
      image: AgentImage.claudeAgent({ definition: AgentDefinition.fromDirectory(join(__dirname, 'agent')) }),
      models: ClaudeModels.of({ main: ClaudeModel.SONNET_5_5.global(), fast: ClaudeModel.HAIKU_5_5.global() }),
      authorizer: users.authorizer(),
      capabilities: [workspace, sessions, codeInterpreter, shop.gateway],
      description: 'Sample Claude agent',
    });
    const api = new AgentApi(this, 'Api', { agent, users, sessions, workspace, webOrigins: WEB_ORIGINS });
    new AgentDashboard(this, 'Dashboard', {
      agents: [agent],
      gateways: [shop.gateway],
      codeInterpreters: [codeInterpreter],
      workspaces: [workspace],
      sessionTables: [sessions],
    });
    new AgentAlarms(this, 'Alarms', { agent });
    new AgentLogQueries(this, 'LogQueries', { agent });

    this.output('RuntimeArn', agent.runtimeArn, 'The agent to call');
    this.output('UserPoolId', users.userPool.userPoolId, 'Who may call it');
    this.output('SignInUrl', users.signInUrl, 'Where people sign in');
    this.output('WebClientId', users.webClient.userPoolClientId, 'For a page');
    this.output('CliClientId', users.commandLineClient?.userPoolClientId, 'For a command line');
    this.output('MachineClientId', users.machineClient?.userPoolClientId, 'For scripts; it has a secret');
    this.output('GatewayUrl', shop.gateway.gatewayUrl, 'The tools, as an MCP server');
    this.output('ApiUrl', api.url, 'Sessions and files of the user who calls');
    this.output('WorkspaceBucketName', workspace.bucket.bucketName, 'Files and conversations; stays');
    this.output('SessionTableName', sessions.table.tableName, 'The list of sessions; stays');
    this.output('OrdersTableName', shop.orders.tableName, 'The orders of the shop; stays');
  }

  private output(name: string, value: string | undefined, description: string): void {
    if (value !== undefined) new CfnOutput(this, name, { value, description });
  }
}
