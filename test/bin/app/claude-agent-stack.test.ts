import { App, aws_iam as iam, aws_secretsmanager as secretsmanager, Validations, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import cdkJson from '../../../cdk.json';
import { ClaudeAgentStack } from '../../../bin/app/claude-agent-stack';
import type { Shop } from '../../../bin/app/shop';
import type { AgentRuntime, SessionTable } from '../../../lib';
import { evaluate, rolePolicies } from '../../../lib/testing';
import { readConfig } from '../../../agent-image/src/config.ts';
import { resolvedTemplate, runtimeEnvironment } from '../../support/stack';

function sample(): { app: App; stack: Stack } {
  // With the feature flags of cdk.json, as the command line synthesizes it; the tools are bundled there.
  const app = new App({ context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stack: new ClaudeAgentStack(app, 'ClaudeAgentStack') };
}

/** Every acknowledgement in the tree: which construct, which finding, why. */
function acknowledgements(stack: Stack): string[] {
  return stack.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .map(([id, reason]) => `${node.path} | ${id.replace('Annotation::', '')} | ${reason}`),
  );
}

/** Hashes of assets change with every edit of the image and say nothing about the template. */
function withoutAssetHashes(template: object): unknown {
  return JSON.parse(JSON.stringify(template).replace(/[0-9a-f]{64}/g, '<asset>'));
}

/** What only a deployment makes. */
function made({ logicalId }: { logicalId: string }, attribute: string | undefined): string {
  return attribute === 'GatewayUrl' ? `https://${GATEWAY_HOST}/mcp` : (attribute ?? logicalId);
}

const GATEWAY_HOST = 'shop-a1b2c3d4e5.gateway.bedrock-agentcore.us-east-1.amazonaws.com';

describe('the sample', () => {
  test('has the template that was reviewed', () => {
    expect(withoutAssetHashes(Template.fromStack(sample().stack).toJSON())).toMatchSnapshot();
  });

  test('has no AwsSolutions finding that is not acknowledged', () => {
    expect(() => sample().app.synth()).not.toThrow();
  });

  test('acknowledges what the service forces, and nothing else', () => {
    const baseline = 'ClaudeAgentStack/Agent/ExecutionPermissions/Baseline';
    const arn = (service: string, resource: string) =>
      `arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>:${resource}`;
    const logs = arn('logs', 'log-group:/aws/bedrock-agentcore/runtimes/ClaudeAgentStack_Agent_6CBE056E-*');
    const identity = 'workload-identity-directory/default/workload-identity/ClaudeAgentStack_Agent_6CBE056E-*';
    expect(acknowledgements(sample().stack)).toEqual([
      'ClaudeAgentStack/Users | AwsSolutions-COG8 | Risk ratings cost for each user: `featurePlan: FeaturePlan.PLUS` has them',
      'ClaudeAgentStack/Users | AwsSolutions-COG2 | People can set up a second factor; `mfa: Mfa.REQUIRED` makes them',
      'ClaudeAgentStack/Workspace | AwsSolutions-S1 | Who assumed the role of which user is in CloudTrail; access logs are for deployments that need every read',
      'ClaudeAgentStack/Shop/PickupKey | AwsSolutions-SMG4 | With another key the codes that customers hold would be wrong',
      `${baseline} | AwsSolutions-IAM5[Resource::*] | ecr:GetAuthorizationToken has no resource type`,
      `${baseline} | AwsSolutions-IAM5[Resource::${logs}] | AgentCore appends an id of its own to the runtime name in the name of the log group`,
      `${baseline} | AwsSolutions-IAM5[Resource::${logs}:log-stream:*] | AgentCore names the log streams of each microVM; the log group is limited to this runtime`,
      `${baseline} | AwsSolutions-IAM5[Resource::${arn('logs', 'log-group:*')}] | logs:DescribeLogGroups lists groups of the account and Region; it shows names and no content`,
      `${baseline} | AwsSolutions-IAM5[Resource::${arn('bedrock-agentcore', identity)}] | AgentCore makes the workload identity and appends an id of its own to the runtime name`,
      'ClaudeAgentStack/Agent/UserRole/Workspace | AwsSolutions-IAM5[Resource::<WorkspaceBucket1A82A213.Arn>/workspaces/<aws:PrincipalTag/userId>/*] | The objects below one prefix, whose names are not known at synthesis',
      'ClaudeAgentStack/Agent/UserRole/Api | AwsSolutions-IAM5[Resource::<WorkspaceBucket1A82A213.Arn>/downloads/<aws:PrincipalTag/userId>/*] | The objects below one prefix, whose names are not known at synthesis',
      'ClaudeAgentStack/Agent/Runtime | aws-cdk-lib.aws-bedrockagentcore:containerUriValidationSkipped | AgentImage has checked what the URI is made of',
    ]);
  });

  test('leaves a wildcard that an app grants visible', () => {
    const { app, stack } = sample();
    const agent = stack.node.findChild('Agent') as AgentRuntime;
    iam.Grant.addToPrincipal({ grantee: agent, actions: ['s3:ListAllMyBuckets'], resourceArns: ['*'] });
    expect(() => app.synth()).toThrow(/IAM5\[Resource::\*\]/);
  });

  describe('with a table and a secret that are granted to its agent', () => {
    const { app, stack } = sample();
    const agent = stack.node.findChild('Agent') as AgentRuntime;
    const { orders } = stack.node.findChild('Shop') as Shop;
    const secret = new secretsmanager.Secret(stack, 'KeyOfTheShop');
    Validations.of(secret).acknowledge({ id: 'AwsSolutions-SMG4', reason: 'A test' });
    orders.grantReadWriteData(agent);
    secret.grantRead(agent);
    const template = resolvedTemplate(stack, { standIn: made });
    const roleOf = (path: string) => {
      const role = template.resourcesOfType('AWS::IAM::Role').find(({ logicalId }) => logicalId.startsWith(path));
      return rolePolicies(template, role?.logicalId ?? path);
    };
    const may = (path: string, action: string, arn: string): boolean =>
      evaluate(roleOf(path), { action, resource: String(template.resolve(stack.resolve(arn))) }).allowed;

    test('has them, and its users, its tools and its API have no more than before', () => {
      const sessions = stack.node.findChild('Sessions') as SessionTable;
      const all = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:DeleteItem'];
      expect(all.map((action) => may('AgentExecutionRole', action, orders.tableArn))).toEqual(all.map(() => true));
      expect(may('AgentExecutionRole', 'secretsmanager:GetSecretValue', secret.secretArn)).toBe(true);
      expect(may('AgentExecutionRole', 'secretsmanager:PutSecretValue', secret.secretArn)).toBe(false);
      expect(may('AgentExecutionRole', 'dynamodb:DeleteTable', orders.tableArn)).toBe(false);
      expect(may('AgentExecutionRole', 'dynamodb:GetItem', sessions.table.tableArn)).toBe(false);
      for (const role of ['AgentUserRole', 'ApiFunction', 'ShopGatewayTargetspages']) {
        expect(may(role, 'dynamodb:GetItem', orders.tableArn)).toBe(false);
        expect(may(role, 'secretsmanager:GetSecretValue', secret.secretArn)).toBe(false);
      }
    });

    test('has no finding that is not acknowledged', () => {
      expect(() => app.synth()).not.toThrow();
    });
  });

  test('sets an environment that the agent accepts', () => {
    const config = readConfig({
      ...runtimeEnvironment(resolvedTemplate(sample().stack, { standIn: made })),
      AWS_REGION: 'us-east-1',
      HOME: '/home/agent',
    });
    expect(config.models).toEqual({
      main: 'global.anthropic.claude-sonnet-5-5',
      fast: 'global.anthropic.claude-haiku-5-5',
      subagent: 'global.anthropic.claude-sonnet-5-5',
    });
    expect(config.workspaceBucket?.userRoleArn).toMatch(/^arn:aws:iam::/);
    expect(config.codeInterpreter?.id).toBeDefined();
    expect(config.gateways).toMatchObject([{ name: 'gw', url: `https://${GATEWAY_HOST}/mcp`, auth: 'user' }]);
    expect(config.sessionTable).toBeDefined();
    expect(config.authorizer).toBe('jwt');
  });
});
