import { App, Stack } from 'aws-cdk-lib';
import {
  AgentApi,
  AgentImage,
  AgentRuntime,
  AgentUserPool,
  SessionTable,
  UserIdentityPool,
  WorkspaceBucket,
} from '../../../../lib';

// The agent of this library, which reaches what is its users' with their own tokens alone.
const stack = new Stack(new App(), 'Identity');
const webOrigins = ['https://agent.example.com'];
const users = new AgentUserPool(stack, 'Users', { webOrigins });
const workspace = new WorkspaceBucket(stack, 'Workspace');
const sessions = new SessionTable(stack, 'Sessions');
const agent = new AgentRuntime(stack, 'Agent', {
  image: AgentImage.claudeAgent(),
  authorizer: users.authorizer(),
  capabilities: [new UserIdentityPool(stack, 'UserIdentity', { users }), workspace, sessions],
});
new AgentApi(stack, 'Api', { agent, users, sessions, workspace, webOrigins });
