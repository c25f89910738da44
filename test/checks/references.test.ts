import { join } from 'node:path';
import { aws_iam as iam, NestedStack, Stack, Stage, Validations } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { Construct } from 'constructs';
import { AgentCoreChecks } from '../../lib/checks/agent-core-checks';
import { AGENTCORE_CDK_FINDINGS } from './support/agentcore-cdk-findings';
import { agentRole, allowed, codeInterpreter, runtime } from './support/resources';
import { findingsIn, lines, violationsOf, withApp } from './support/checked-app';

const EVERY_MODEL = 'arn:aws:bedrock:*::foundation-model/*';
const JWT = {
  customJwtAuthorizer: {
    discoveryUrl: 'https://login.example.com/.well-known/openid-configuration',
    allowedClients: ['web'],
  },
};
const TOKEN = ['bedrock-agentcore:GetWorkloadAccessTokenForUserId'];
const OWN_IDENTITY = ['arn:aws:bedrock-agentcore:*:*:workload-identity-directory/default/workload-identity/agent-*'];

/** A role for Lambda with a permission no agent should have. */
function otherRole(stack: Stack): iam.Role {
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  role.addToPolicy(new iam.PolicyStatement({ actions: ['bedrock:InvokeModel'], resources: [EVERY_MODEL] }));
  return role;
}

describe('roles', () => {
  it('are checked only when AgentCore uses them', () => {
    expect(findingsIn((stack) => otherRole(stack))).toEqual([]);
    expect(findingsIn((stack) => runtime(stack, { roleArn: otherRole(stack).roleArn }))).toEqual([
      'AgentCore-MD1[foundation-model/*] Test/Role/DefaultPolicy/Resource',
    ]);
  });

  it.each<readonly [where: string, attach: (stack: Stack, role: iam.Role, statements: iam.PolicyStatement[]) => void]>([
    [
      'a managed policy that names its roles',
      (stack, role, statements) => new iam.ManagedPolicy(stack, 'Policy', { roles: [role], statements }),
    ],
    [
      'a managed policy that the role names',
      (stack, role, statements) => role.addManagedPolicy(new iam.ManagedPolicy(stack, 'Policy', { statements })),
    ],
    [
      'an inline policy resource',
      (stack, role, statements) =>
        new iam.CfnRolePolicy(stack, 'Policy', {
          roleName: role.roleName,
          policyName: 'inline',
          policyDocument: new iam.PolicyDocument({ statements }),
        }),
    ],
    [
      'a policy of the role itself',
      (_, role, statements) =>
        (role.node.defaultChild as iam.CfnRole).addPropertyOverride('Policies', [
          {
            PolicyName: 'inline',
            PolicyDocument: { Statement: statements.map((statement) => statement.toJSON() as object) },
          },
        ]),
    ],
  ])('are checked with %s', (_, attach) => {
    const found = findingsIn((stack) =>
      attach(stack, agentRole(stack), [
        new iam.PolicyStatement({ actions: ['bedrock:InvokeModel'], resources: [EVERY_MODEL] }),
      ]),
    );
    expect(found).toEqual([expect.stringContaining('AgentCore-MD1[foundation-model/*]')]);
  });

  it('are found in another stack', () => {
    withApp((app) => {
      const roles = new Stack(app, 'Roles');
      runtime(new Stack(app, 'Agents'), {
        roleArn: allowed(roles, TOKEN, OWN_IDENTITY).roleArn,
        authorizerConfiguration: JWT,
      });
      expect(lines(violationsOf(app))).toEqual(['AgentCore-RL5 Roles/Role/DefaultPolicy/Resource']);
    });
  });

  it('are found in the parent of a nested stack, and in the nested stack', () => {
    withApp((app) => {
      const parent = new Stack(app, 'Parent');
      runtime(new NestedStack(parent, 'Agents'), {
        roleArn: allowed(parent, TOKEN, OWN_IDENTITY).roleArn,
        authorizerConfiguration: JWT,
      });
      const roles = new NestedStack(parent, 'Roles');
      runtime(parent, {
        agentRuntimeName: 'second',
        roleArn: allowed(roles, TOKEN, OWN_IDENTITY).roleArn,
        authorizerConfiguration: JWT,
      });
      expect(lines(violationsOf(app))).toEqual([
        'AgentCore-RL5 Parent/Role/DefaultPolicy/Resource',
        'AgentCore-RL5 Parent/Roles/Role/DefaultPolicy/Resource',
      ]);
    });
  });

  it('that share a policy have its findings reported once', () => {
    const found = findingsIn((stack) => {
      const roles = ['First', 'Second'].map((id) => agentRole(new Construct(stack, id)));
      const statements = [new iam.PolicyStatement({ actions: ['bedrock:InvokeModel'], resources: [EVERY_MODEL] })];
      new iam.ManagedPolicy(stack, 'Policy', { roles, statements });
    });
    expect(found).toEqual(['AgentCore-MD1[foundation-model/*] Test/Policy/Resource']);
  });

  it('that two agents share are reported once', () => {
    const found = findingsIn((stack) => {
      const { roleArn } = allowed(stack, ['bedrock:InvokeModel'], [EVERY_MODEL]);
      runtime(stack, { roleArn });
      codeInterpreter(stack, { executionRoleArn: roleArn });
    });
    expect(found.filter((line) => line.startsWith('AgentCore-MD1'))).toHaveLength(1);
  });
});

describe('what was defined elsewhere', () => {
  it('is checked in nested stacks', () => {
    const found = findingsIn((stack) => runtime(new NestedStack(stack, 'Nested'), { agentRuntimeName: 'my-agent' }));
    expect(found).toEqual(['AgentCore-NM1 Test/Nested/Runtime']);
  });

  it('is checked for the Region of the stack around a nested stack', () => {
    const found = findingsIn((stack) => runtime(new NestedStack(stack, 'Nested')), { env: { region: 'af-south-1' } });
    expect(found).toEqual(['AgentCore-NW4 Test/Nested/Runtime']);
  });

  it('is checked after raw overrides', () => {
    const found = findingsIn((stack) => runtime(stack).addPropertyOverride('AgentRuntimeName', 'my-agent'));
    expect(found).toEqual(['AgentCore-NM1 Test/Runtime']);
  });

  it('is checked in an included template, here that of @aws/agentcore-cdk', () => {
    const templateFile = join(__dirname, 'support', 'agentcore-cdk.template.json');
    const found = findingsIn((stack) => new CfnInclude(stack, 'Included', { templateFile }));
    expect(found).toEqual(AGENTCORE_CDK_FINDINGS.map(([id, logicalId]) => `${id} Test/Included/${logicalId}`));
  });

  it('is checked in the stage alone that the pack is added to', () => {
    withApp((app) => {
      const [checked, other] = ['Checked', 'Other'].map((id) => new Stage(app, id));
      for (const stage of [checked, other])
        runtime(new Stack(stage as Stage, 'Stack'), { agentRuntimeName: 'my-agent' });
      Validations.of(checked as Stage).addPlugins(new AgentCoreChecks());
      let message = '';
      try {
        app.synth();
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).toContain('Checked/Stack/Runtime');
      expect(message).not.toContain('Other/Stack/Runtime');
    });
  });
});
