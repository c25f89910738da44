import { join } from 'node:path';
import { App, Stack, aws_secretsmanager as secretsmanager } from 'aws-cdk-lib';
import {
  AgentApi,
  AgentGateway,
  AgentImage,
  AgentRuntime,
  AgentUserPool,
  ClaudeModel,
  ClaudeModels,
  GatewayPolicy,
  GatewayTool,
  GitHubConnection,
  SessionTable,
  UserIdentityPool,
  WorkspaceBucket,
} from '../../../../lib';
import { input } from './governed-tool';

// An app with all that the library has for tools, users and what belongs to them; its agent is that of the tests.
const stack = new Stack(new App(), 'Governed');
const users = new AgentUserPool(stack, 'Users', { webOrigins: ['https://agent.example.com'] });
const workspace = new WorkspaceBucket(stack, 'Workspace');
const sessions = new SessionTable(stack, 'Sessions');
const gateway = new AgentGateway(stack, 'Gateway', {
  authorizer: users.authorizer(),
  tools: [
    GatewayTool.function('order_status', {
      entry: join(__dirname, 'governed-tool.ts'),
      description: 'Looks up the status of an order',
      input,
    }),
  ],
  policies: [GatewayPolicy.permit({ name: 'everybody_looks_up', tools: ['order-status___order_status'] })],
});
const github = new GitHubConnection(stack, 'GitHub', {
  clientId: 'Iv1.client',
  clientSecret: new secretsmanager.Secret(stack, 'GitHubSecret'),
  returnUrl: 'https://agent.example.com/oauth/return',
});
const agent = new AgentRuntime(stack, 'Agent', {
  image: AgentImage.fromDirectory(join(__dirname, 'fake-agent')),
  models: ClaudeModels.of({ main: ClaudeModel.SONNET_5_5.global(), fast: ClaudeModel.HAIKU_5_5.global() }),
  authorizer: users.authorizer(),
  capabilities: [new UserIdentityPool(stack, 'UserIdentity', { users }), workspace, sessions, gateway, github],
});
new AgentApi(stack, 'Api', {
  agent,
  users,
  sessions,
  workspace,
  linkedAccounts: [github],
  webOrigins: ['https://agent.example.com'],
});
