import { App, Stack } from 'aws-cdk-lib';
import { CredentialStore } from '../../../bin/local/credentials';
import { readRole } from '../../../bin/local/resources/role';
import { RoleDirectory } from '../../../bin/local/sts/role-directory';
import { assumeRoleForIdentity } from '../../../bin/local/sts/web-identity';
import { AgentRuntime, AgentUserPool, UserIdentityPool, WorkspaceBucket } from '../../../lib';
import { ACCOUNT, resolvedTemplate, testImage } from '../../support/stack';

/** Takes on the user-scoped role of a stack in `region` for a user of its identity pool. */
function takeOn(region: string, poolRegion = region) {
  const poolId = `${poolRegion}:0a1b2c3d-1111-4a57-9a0e-0c6f0d1f6a22`;
  const stack = new Stack(new App(), 'Test', { env: { account: ACCOUNT, region } });
  const users = new AgentUserPool(stack, 'Users', { webOrigins: ['https://agent.example.com'] });
  const capabilities = [new UserIdentityPool(stack, 'Identities', { users }), new WorkspaceBucket(stack, 'Workspace')];
  new AgentRuntime(stack, 'Agent', { image: testImage(), authorizer: users.authorizer(), capabilities });
  const template = resolvedTemplate(stack);
  const idOf = (type: string, path: string): string =>
    template.resourcesOfType(type).find(({ logicalId }) => logicalId.startsWith(path))?.logicalId ?? path;
  const role = readRole(template, idOf('AWS::IAM::Role', 'AgentUserRole'));
  const { trustPolicy, ...policies } = role.policies();
  // A pool gets its id from AWS.
  const made = template.ref(idOf('AWS::Cognito::IdentityPool', 'Identities'));
  const trusted = JSON.parse(JSON.stringify(trustPolicy).replaceAll(made, poolId)) as typeof trustPolicy;
  const roles = new RoleDirectory([{ ...role, policies: () => ({ ...policies, trustPolicy: trusted }) }]);
  const identity = { poolId, identityId: `${poolRegion}:ada`, roleArn: role.arn, tags: { userId: 'ada' } };
  return assumeRoleForIdentity(roles, new CredentialStore(), { ...identity, expiresAt: Date.now() + 60_000 });
}

describe('an identity pool', () => {
  it.each(['us-east-1', 'us-gov-west-1'])('gives the credentials of the user-scoped role in %s', (region) => {
    expect(takeOn(region).accessKeyId).toMatch(/^ASIA/);
  });

  it('of AWS GovCloud (US) has a name of its own, which is trusted nowhere else', () => {
    expect(() => takeOn('us-east-1', 'us-gov-west-1')).toThrow('the trust policy of the role');
  });
});
