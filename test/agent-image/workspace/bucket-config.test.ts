import { readWorkspaceBucket } from '../../../agent-image/src/config/workspace-bucket';

const ROLE = 'arn:aws:iam::111122223333:role/users';

test('the bucket comes with the role that reaches it', () => {
  const env = { AGENT_WORKSPACE_BUCKET: 'agent-workspaces', AGENT_USER_ROLE_ARN: ROLE };
  expect(readWorkspaceBucket(env)).toEqual({ bucket: 'agent-workspaces', userRoleArn: ROLE });
});

test('without a bucket there is none, whatever else the role is for', () => {
  expect(readWorkspaceBucket({ AGENT_USER_ROLE_ARN: ROLE })).toBeUndefined();
  expect(readWorkspaceBucket({ AGENT_WORKSPACE_BUCKET: '' })).toBeUndefined();
});

test.each([
  [{ AGENT_WORKSPACE_BUCKET: 'agent-workspaces' }, 'AGENT_USER_ROLE_ARN is not'],
  [{ AGENT_WORKSPACE_BUCKET: 's3://x', AGENT_USER_ROLE_ARN: ROLE }, 'AGENT_WORKSPACE_BUCKET is "s3://x"'],
  [{ AGENT_WORKSPACE_BUCKET: 'abc', AGENT_USER_ROLE_ARN: 'users' }, 'AGENT_USER_ROLE_ARN is "users"'],
])('%j is refused by name', (env, message) => {
  expect(() => readWorkspaceBucket(env)).toThrow(message);
});
