import { App, Stack, aws_secretsmanager as secretsmanager } from 'aws-cdk-lib';
import {
  AgentApi,
  AgentImage,
  AgentRuntime,
  AgentUserPool,
  ClaudeModel,
  ClaudeModels,
  GitHubConnection,
  SessionTable,
  WorkspaceBucket,
} from '../../../../lib';

const PAGE = 'https://agent.example.com';

// An app whose users link their account at GitHub, with the real agent and all that it keeps of a session.
const stack = new Stack(new App(), 'Connected');
const users = new AgentUserPool(stack, 'Users', { webOrigins: [PAGE] });
const workspace = new WorkspaceBucket(stack, 'Workspace');
const sessions = new SessionTable(stack, 'Sessions');
const github = new GitHubConnection(stack, 'GitHub', {
  clientId: 'Iv1.client',
  clientSecret: new secretsmanager.Secret(stack, 'GitHubSecret'),
  returnUrl: `${PAGE}/oauth/return`,
});
const agent = new AgentRuntime(stack, 'Agent', {
  image: AgentImage.claudeAgent(),
  models: ClaudeModels.of({ main: ClaudeModel.SONNET_5_5.global(), fast: ClaudeModel.HAIKU_5_5.global() }),
  authorizer: users.authorizer(),
  capabilities: [workspace, sessions, github],
});
new AgentApi(stack, 'Api', { agent, users, sessions, workspace, linkedAccounts: [github], webOrigins: [PAGE] });
