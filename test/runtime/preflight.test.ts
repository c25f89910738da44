import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  App,
  Aws,
  CfnParameter,
  aws_bedrockagentcore as agentcore,
  aws_ec2 as ec2,
  aws_ecr as ecr,
  aws_iam as iam,
  Duration,
  Stack,
  Token,
} from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Construct } from 'constructs';
import {
  AgentAuthorizer,
  AgentEndpoint,
  AgentFileSystem,
  AgentImage,
  AgentNetwork,
  AgentRuntime,
  CallerOverride,
  ClaudeModel,
  ClaudeModels,
  EndpointVersion,
  PermissionMode,
  type AgentRuntimeProps,
  type IAgentCapability,
} from '../../lib';
import { ACCOUNT, REGION, testImage, testStack } from '../support/stack';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'preflight-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** Defines an agent and synthesizes it, as `cdk synth` does. */
function synthesized(props: Partial<AgentRuntimeProps>, stack = testStack()): Template {
  new AgentRuntime(stack, 'Agent', { image: testImage(), ...props });
  return Template.fromStack(stack);
}

const inRegion = (region: string) => new Stack(new App(), 'Test', { env: { region, account: ACCOUNT } });
const oidc = { discoveryUrl: 'https://id.example.com/.well-known/openid-configuration', allowedClients: ['web'] };
const cognito = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc/.well-known/openid-configuration';

function imageWith(dockerfile: string): AgentImage {
  const context = join(directory, 'image');
  mkdirSync(context, { recursive: true });
  writeFileSync(join(context, 'Dockerfile'), dockerfile);
  return AgentImage.fromDirectory(context);
}

const { AGUI } = agentcore.ProtocolType;
const setting = (name: string, value: string): IAgentCapability => ({
  bindToAgent: (agent) => {
    agent.addEnvironment(name, value);
  },
});

/** The variables of the library with the property that sets them. */
const OWN_VARIABLES = [
  ...['MAIN', 'FAST', 'SUBAGENT', 'OPUS', 'SONNET', 'HAIKU', 'PROVIDER'].map((name) => [
    `AGENT_MODEL_${name}`,
    'models',
  ]),
  ['AGENT_GUARDRAIL', 'guardrail'],
  ['AGENT_SECRET_TOKEN', 'secrets'],
  ['AGENT_NAME', 'runtimeName'],
  ['AGENT_AUTHORIZER', 'authorizer'],
  ['AGENT_LIMITS', 'limits'],
  ['AGENT_PERMISSION_MODES', 'permissionModes'],
  ['AGENT_CALLER_OVERRIDES', 'callerOverrides'],
  ['AGENT_LOG_PROMPTS', 'logPrompts'],
  ['AGENT_TRACING', 'tracing'],
  ['AGENT_METRICS_NAMESPACE', 'metricsNamespace'],
  ['AGENT_USER_ROLE_ARN', 'capabilities'],
  ['AGENT_WORKSPACE_BUCKET', 'capabilities'],
  ['AGENT_CODE_INTERPRETER_ID', 'capabilities'],
] as [string, string][];

const headers = (count: number) => Array.from({ length: count }, (_, index) => `X-Header-${index}`);
const variables = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`V${index}`, '']));
const tags = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`T${index}`, '']));
const session = (path: string) => AgentFileSystem.sessionStorage(path);
const vpcWith = (stack: Stack, vpcSubnets?: ec2.SubnetSelection) =>
  AgentNetwork.vpc({ vpc: new ec2.Vpc(stack, 'Vpc'), ...(vpcSubnets === undefined ? {} : { vpcSubnets }) });

describe('a mistake that fails', () => {
  test.each<[string, () => Partial<AgentRuntimeProps>, RegExp]>([
    // names
    [
      'a runtime name with a hyphen',
      () => ({ runtimeName: 'support-agent' }),
      /^Test\/Agent: runtimeName "support-agent" is not a valid name: .*48 letters, digits or underscores, for instance "support_agent"/,
    ],
    ['a runtime name that begins with a digit', () => ({ runtimeName: '1agent' }), /for instance "agent"/],
    ['a runtime name that is too long', () => ({ runtimeName: 'a'.repeat(49) }), /for instance "a{48}"/],
    ['an empty runtime name', () => ({ runtimeName: '' }), /runtimeName "" is not a valid name/],
    [
      'a runtime name that is only known at deployment',
      () => ({ runtimeName: `agent_${testStack().region}` }),
      /runtimeName is not known at synthesis/,
    ],
    // request headers
    [
      'a restricted header',
      () => ({ requestHeaders: ['Cookie'] }),
      /request header "Cookie" is restricted and never reaches an agent; .*Custom-Cookie/,
    ],
    ['a restricted header in lower case', () => ({ requestHeaders: ['x-forwarded-for'] }), /is restricted/],
    ['a header of AWS', () => ({ requestHeaders: ['X-Amz-Date'] }), /"X-Amz-Date" is restricted.*Custom-Date/],
    ['a header of Amazon', () => ({ requestHeaders: ['X-Amzn-Trace-Id'] }), /"X-Amzn-Trace-Id" is restricted/],
    [
      'Authorization allow-listed without JWT',
      () => ({ requestHeaders: ['Authorization'] }),
      /"Authorization" can only be passed on where callers bring a JWT; use AgentAuthorizer.oidc/,
    ],
    ['a header that is no name', () => ({ requestHeaders: ['X Tenant'] }), /"X Tenant" is not a valid name/],
    [
      'a header twice',
      () => ({ requestHeaders: ['x-amzn-bedrock-agentcore-runtime-custom-user-id'] }),
      /is named twice/,
    ],
    ['too many headers', () => ({ requestHeaders: headers(20) }), /21 request headers are named; .* at most 20/],
    // environment
    ['an illegal variable name', () => ({ environment: { 'MY-VAR': '1' } }), /"MY-VAR" has no legal name/],
    [
      'a variable that is too long',
      () => ({ environment: { LONG: 'x'.repeat(2049) } }),
      /"LONG" has 2049 characters; at most 2048/,
    ],
    ['too many variables', () => ({ environment: variables(51) }), /"V50" is one too many: a runtime has at most 50/],
    [
      'a variable that two capabilities set',
      () => ({ capabilities: ['1', '2'].map((value) => setting('X', value)) }),
      /"X" is set already to another value/,
    ],
    ...OWN_VARIABLES.map(([name, property]): [string, () => Partial<AgentRuntimeProps>, RegExp] => [
      `the variable ${name} past the property ${property}`,
      () => ({ environment: { [name]: 'x' } }),
      new RegExp(`^Test/Agent: environment variable "${name}" belongs to this library.*use the property ${property}$`),
    ]),
    [
      'a variable that is too long with what only the deployment knows',
      () => ({ environment: { LONG: `${'x'.repeat(2040)}${Aws.REGION}` } }),
      /"LONG" has at least 2049 characters; at most 2048/,
    ],
    [
      'an environment that is too large with what only the deployment knows',
      () => ({ environment: { A: `${'x'.repeat(2000)}${Aws.REGION}`, B: `${Aws.ACCOUNT_ID}${'x'.repeat(2000)}` } }),
      /have at least \d+ bytes together.*platform version V1 allows 4096/,
    ],
    [
      'an environment that is too large for V1',
      () => ({ environment: { A: 'x'.repeat(2000), B: 'x'.repeat(2000) } }),
      /have at least \d+ bytes together.*platform version V1 allows 4096/,
    ],
    [
      'an environment that is too large for V2',
      () => ({
        environment: { A: 'x'.repeat(2048), B: 'x'.repeat(500) },
        platformVersion: agentcore.PlatformVersion.V2,
      }),
      /have at least \d+ bytes together.*platform version V2 allows 2560/,
    ],
    // description and protocol
    ['an empty description', () => ({ description: '' }), /description has 0 characters; AgentCore allows 1 to 1200/],
    [
      'a description that is too long',
      () => ({ description: 'x'.repeat(1201) }),
      /description has 1201 characters; AgentCore allows 1 to 1200: shorten it/,
    ],
    ...[agentcore.ProtocolType.MCP, agentcore.ProtocolType.A2A].map(
      (protocol): [string, () => Partial<AgentRuntimeProps>, RegExp] => [
        `the protocol ${protocol.value} for the image of this library`,
        () => ({ image: AgentImage.claudeAgent(), protocol }),
        new RegExp(`protocol is ${protocol.value}, and the image speaks HTTP and AGUI only.*leave protocol out`),
      ],
    ),
    // callers
    [
      'an audience for a Cognito user pool',
      () => ({ authorizer: AgentAuthorizer.oidc({ discoveryUrl: cognito, allowedAudiences: ['web'] }) }),
      /allowedAudiences is given for a Cognito user pool.*use allowedClients/,
    ],
    [
      'neither client nor audience',
      () => ({ authorizer: AgentAuthorizer.oidc({ discoveryUrl: oidc.discoveryUrl }) }),
      /neither allowedClients nor allowedAudiences is given/,
    ],
    // images
    [
      'the tag latest',
      () => ({ image: AgentImage.fromImageUri(`${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/agent:latest`) }),
      /tag "latest" says nothing about what runs/,
    ],
    [
      'an image of another registry',
      () => ({ image: AgentImage.fromImageUri('public.ecr.aws/team/agent:1') }),
      /is not one of a private Amazon ECR repository/,
    ],
    [
      'the wrong architecture in a Dockerfile',
      () => ({ image: imageWith('FROM --platform=linux/amd64 node:24\n') }),
      /the last stage of "Dockerfile" is built for "linux\/amd64", and AgentCore Runtime runs linux\/arm64 only/,
    ],
    // sessions
    [
      'an idle timeout that is too short',
      () => ({ idleTimeout: Duration.seconds(59) }),
      /idleTimeout is 59 seconds; AgentCore allows 60 seconds/,
    ],
    [
      'a lifetime that is too long',
      () => ({ maxLifetime: Duration.hours(9) }),
      /maxLifetime is 32400 seconds; .* to 28800 \(8 hours\)/,
    ],
    [
      'an idle timeout above the lifetime',
      () => ({ idleTimeout: Duration.hours(2), maxLifetime: Duration.hours(1) }),
      /idleTimeout \(7200 seconds\) is longer than maxLifetime \(3600 seconds\)/,
    ],
    [
      'a lifetime below the default of the idle timeout',
      () => ({ maxLifetime: Duration.minutes(10) }),
      /idleTimeout \(900 seconds, the default\) is longer than maxLifetime \(600 seconds\).*make it 600 seconds or less/,
    ],
    [
      'half a second',
      () => ({ idleTimeout: Duration.millis(61_500) }),
      /idleTimeout is 61.5 seconds, and AgentCore counts whole ones; round it/,
    ],
    [
      'minutes that are only known at deployment',
      () => ({ maxLifetime: Duration.minutes(Token.asNumber({ Ref: 'Minutes' })) }),
      /maxLifetime is a number of minutes that only the deployment knows.*give it as Duration.seconds/,
    ],
    ['a budget of nothing', () => ({ limits: { budgetUsd: 0 } }), /limits.budgetUsd is 0; give US dollars above 0/],
    ['a negative budget', () => ({ limits: { budgetUsd: -1 } }), /limits.budgetUsd is -1/],
    ['a budget that is no number', () => ({ limits: { budgetUsd: NaN } }), /limits.budgetUsd is NaN/],
    ['a budget without end', () => ({ limits: { budgetUsd: Infinity } }), /limits.budgetUsd is Infinity/],
    ['no turns', () => ({ limits: { turns: 0 } }), /limits.turns is 0; give a whole number of at least 1/],
    ['half a turn', () => ({ limits: { turns: 1.5 } }), /limits.turns is 1.5/],
    ['turns that are no number', () => ({ limits: { turns: NaN } }), /limits.turns is NaN/],
    ['no permission mode', () => ({ permissionModes: [] }), /permissionModes is empty, so no session could begin/],
    [
      'a permission mode twice',
      () => ({ permissionModes: [PermissionMode.PLAN, PermissionMode.ASK, PermissionMode.PLAN] }),
      /permissionModes names "plan" twice/,
    ],
    [
      'a caller override twice',
      () => ({ callerOverrides: [CallerOverride.MODEL, CallerOverride.MODEL] }),
      /callerOverrides names "model" twice/,
    ],
    [
      'a metrics namespace of AWS',
      () => ({ metricsNamespace: 'AWS/Agents' }),
      /metricsNamespace "AWS\/Agents" is not one of a custom metric/,
    ],
    ['a metrics namespace with spaces', () => ({ metricsNamespace: 'My agents' }), /metricsNamespace "My agents"/],
    ['an empty metrics namespace', () => ({ metricsNamespace: '' }), /metricsNamespace "" is not one/],
    ['a metrics namespace that is too long', () => ({ metricsNamespace: 'x'.repeat(256) }), /1 to 255 letters/],
    // file systems
    ['a mount path outside /mnt', () => ({ fileSystems: [session('/data')] }), /mount path "\/data" is not one level/],
    ['a deep mount path', () => ({ fileSystems: [session('/mnt/a/b')] }), /"\/mnt\/a\/b" is not one level below \/mnt/],
    ...['.', '..', './', '../'].map((name): [string, () => Partial<AgentRuntimeProps>, RegExp] => [
      `the mount path /mnt/${name}`,
      () => ({ fileSystems: [session(`/mnt/${name}`)] }),
      /is not one level below \/mnt/,
    ]),
    [
      'a mount path twice',
      () => ({ fileSystems: [session('/mnt/a'), session('/mnt/a/')] }),
      /mount path "\/mnt\/a" is used twice/,
    ],
    // models
    [
      'a model without profile',
      () => ({ models: ClaudeModels.of({ main: ClaudeModel.SONNET_5_5.inRegion() }) }),
      /^Test\/Agent: anthropic.claude-sonnet-5-5 cannot be called without an inference profile; .* choose one of these/,
    ],
    // tags and role
    ['too many tags', () => ({ tags: tags(51) }), /51 tags are given; a resource has at most 50/],
    ['a tag of AWS', () => ({ tags: { 'aws:team': 'x' } }), /tag "aws:team" begins with "aws:", which AWS keeps/],
    ['a tag without key', () => ({ tags: { '': 'x' } }), /tag "" has no legal key: 1 to 128/],
    ['a tag with a key that is too long', () => ({ tags: { ['k'.repeat(129)]: 'x' } }), /has no legal key: 1 to 128/],
    [
      'a tag with a value that is too long',
      () => ({ tags: { Team: 'x'.repeat(257) } }),
      /tag "Team" has no legal value/,
    ],
    ['a tag with other characters', () => ({ tags: { Team: 'a;b' } }), /tag "Team" has no legal value/],
    ['a tag twice but for case', () => ({ tags: { team: 'a', Team: 'b' } }), /tag "Team" is given twice/],
    [
      'a permissions boundary for a role that is brought',
      () => ({
        role: iam.Role.fromRoleArn(testStack(), 'Role', `arn:aws:iam::${ACCOUNT}:role/agent`),
        permissionsBoundary: iam.ManagedPolicy.fromAwsManagedPolicyName('PowerUserAccess'),
      }),
      /permissionsBoundary is given together with role/,
    ],
  ])('%s', (_, props, message) => {
    expect(() => synthesized(props())).toThrow(message);
  });

  test('public subnets', () => {
    const stack = inRegion(REGION);
    expect(() => synthesized({ network: vpcWith(stack, { subnetType: ec2.SubnetType.PUBLIC }) }, stack)).toThrow(
      /vpcSubnets has public subnets.*choose private subnets with NAT or endpoints/,
    );
  });

  test('no subnets', () => {
    const stack = inRegion(REGION);
    expect(() => synthesized({ network: vpcWith(stack, { subnets: [] }) }, stack)).toThrow(
      /the subnet selection is empty/,
    );
  });

  test('no security groups, to which everything is open', () => {
    const stack = inRegion(REGION);
    const network = AgentNetwork.vpc({ vpc: new ec2.Vpc(stack, 'Vpc'), securityGroups: [] });
    expect(() => synthesized({ network }, stack)).toThrow(/^Test\/Agent: securityGroups is empty.*name at least one/);
  });

  test('a VPC without the subnets that are asked for, together with the other findings', () => {
    const stack = inRegion(REGION);
    const vpc = new ec2.Vpc(stack, 'Vpc', {
      subnetConfiguration: [{ name: 'Web', subnetType: ec2.SubnetType.PUBLIC }],
    });
    expect(() => synthesized({ network: AgentNetwork.vpc({ vpc }), limits: { turns: 0 } }, stack)).toThrow(
      /^Test\/Agent:\n {2}- vpcSubnets cannot be found in the VPC \(.*'Private'.*\); choose subnets.*\n {2}- limits.turns is 0/,
    );
  });

  test('a runtime name twice in a stack', () => {
    const stack = testStack();
    new AgentRuntime(stack, 'First', { image: testImage(), runtimeName: 'support' });
    expect(() => synthesized({ runtimeName: 'support' }, stack)).toThrow(
      /^Test\/Agent: runtimeName "support" is that of Test\/First already/,
    );
    const other = new Stack(stack.node.root, 'Other');
    expect(() => synthesized({ runtimeName: 'support' }, other)).not.toThrow();
  });

  test.each([0, 100_000, 1.5])('endpoint version %d', (version) => {
    expect(() => EndpointVersion.pinned(version)).toThrow(
      /is not a version; versions are whole numbers from 1 to 99999/,
    );
  });

  test('more than 10 endpoints', () => {
    const agent = new AgentRuntime(testStack(), 'Agent', { image: testImage() });
    const add = (number: number) =>
      new AgentEndpoint(agent, `E${number}`, { agent, endpointName: `e${number}`, version: EndpointVersion.pinned(1) });
    for (let number = 1; number <= 10; number++) add(number);
    expect(() => add(11)).toThrow(/endpointName "e11" is the 11th endpoint of Test_Agent_\w+; AgentCore allows 10/);
  });

  test('both kinds of authorizer cannot be written: there is one property, and an authorizer is of one kind', () => {
    const jwt = AgentAuthorizer.oidc(oidc);
    expect([AgentAuthorizer.iam(), jwt].map(({ callersHaveJwt }) => callersHaveJwt)).toEqual([false, true]);
    // @ts-expect-error the constructor is private, so that nobody mixes the two
    expect(new AgentAuthorizer(jwt.configuration, false, [])).toBeDefined();
  });
});

describe('what only the deployment knows', () => {
  const known = (type: string) => Token.asString({ Ref: type });
  test.each<[string, () => Partial<AgentRuntimeProps>]>([
    ['seconds', () => ({ idleTimeout: Duration.seconds(Token.asNumber({ Ref: 'Seconds' })) })],
    ['a header', () => ({ requestHeaders: [`X-${known('Header')}`] })],
    ['a mount path', () => ({ fileSystems: [session(known('Path'))] })],
    ['a description', () => ({ description: known('Description') })],
    ['a client', () => ({ authorizer: AgentAuthorizer.oidc({ ...oidc, allowedClients: [known('Client')] }) })],
    ['short values', () => ({ environment: { A: `${'x'.repeat(2039)}${Aws.REGION}`, B: known('B') } })],
    ['the version of the platform', () => ({ platformVersion: agentcore.PlatformVersion.of(known('Version')) })],
  ])('passes: %s', (_, props) => {
    const stack = testStack();
    for (const name of ['Seconds', 'Header', 'Path', 'Description', 'Client', 'B', 'Version']) {
      new CfnParameter(stack, name);
    }
    expect(() => synthesized(props(), stack)).not.toThrow();
  });
});

describe('limits', () => {
  test.each<[string, () => Partial<AgentRuntimeProps>]>([
    ['20 headers', () => ({ requestHeaders: headers(19) })],
    ['the shortest sessions', () => ({ idleTimeout: Duration.minutes(1), maxLifetime: Duration.minutes(1) })],
    ['the smallest budget and a turn', () => ({ limits: { budgetUsd: 0.01, turns: 1 } })],
    ['50 tags', () => ({ tags: tags(50) })],
    ['names that every object has', () => ({ environment: { constructor: 'x', toString: 'y' } })],
    ['AG-UI with the image of this library', () => ({ image: AgentImage.claudeAgent(), protocol: AGUI })],
    ['any protocol with another image', () => ({ protocol: agentcore.ProtocolType.MCP })],
    ['the longest description', () => ({ description: 'x'.repeat(1200) })],
    ['a variable that the agent reads and no property sets', () => ({ environment: { OTEL_SERVICE_NAME: 'shop' } })],
    ['the longest name', () => ({ runtimeName: 'a'.repeat(48) })],
  ])('let %s pass', (_, props) => {
    expect(() => synthesized(props())).not.toThrow();
  });

  test('are kept by the name that is made of the longest path', () => {
    const stack = testStack();
    const deep = ['A'.repeat(60), 'B'.repeat(60)].reduce<Construct>((scope, id) => new Construct(scope, id), stack);
    const { agentName } = new AgentRuntime(deep, 'Agent', { image: testImage() });
    // With the hyphen and the ten characters that AgentCore appends it is within 48 still.
    expect(agentName).toMatch(/^[a-zA-Z][a-zA-Z0-9_]{0,35}$/);
  });
});

describe('a mistake that may be meant warns of', () => {
  const warnings = (props: Partial<AgentRuntimeProps>, stack = testStack()) => {
    new AgentRuntime(stack, 'Agent', { image: testImage(), ...props });
    return Annotations.fromStack(stack)
      .findWarning('/Test/Agent', Match.anyValue())
      .map(({ entry }) => /\[ack: cdk-agentcore-constructs:(\w+)\]$/.exec(String(entry.data))?.[1]);
  };

  test.each([
    ['af-south-1', ['unknownRegion']],
    [REGION, []],
  ])('the Region %s', (region, expected) => {
    expect(warnings({}, inRegion(region))).toEqual(expected);
  });

  test('a zone that AgentCore may not support', () => {
    const stack = inRegion('us-east-1');
    expect(warnings({ network: vpcWith(stack) }, stack)).toEqual(['availabilityZones']);
  });

  test('a VPC without NAT or endpoints', () => {
    const stack = inRegion(REGION);
    const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 0 });
    const network = AgentNetwork.vpc({ vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } });
    expect(warnings({ network }, stack)).toEqual(['isolatedSubnets']);
  });

  test('session storage with an image that changes', () => {
    expect(warnings({ fileSystems: [session('/mnt/session')] })).toEqual(['sessionStorageIsEmptied']);
  });

  test('bypassed permissions', () => {
    expect(warnings({ permissionModes: [PermissionMode.ASK, PermissionMode.BYPASS] })).toEqual(['bypassPermissions']);
  });

  test('a model that is not known', () => {
    const main = ClaudeModel.of('anthropic.claude-sonnet-9').global();
    expect(warnings({ models: ClaudeModels.of({ main }) })).toEqual(['unknownModel']);
  });

  test.each([
    ['mutable tags', undefined, '1.4.2', ['mutableTags']],
    ['mutable tags, and not for a digest', undefined, `sha256:${'0'.repeat(64)}`, []],
    ['mutable tags, and not in an immutable repository', ecr.TagMutability.IMMUTABLE, '1.4.2', []],
  ])('%s', (_, imageTagMutability, tag, expected) => {
    const stack = testStack();
    const repository = new ecr.Repository(stack, 'Images', {
      ...(imageTagMutability === undefined ? {} : { imageTagMutability }),
    });
    expect(warnings({ image: AgentImage.fromRepository(repository, tag) }, stack)).toEqual(expected);
  });

  test('nothing where nothing is wrong', () => {
    expect(warnings({})).toEqual([]);
  });
});

describe('mistakes', () => {
  test('of an agent, its models and its capabilities are reported together', () => {
    const stack = testStack();
    const broken: IAgentCapability = {
      bindToAgent: (agent) => {
        agent.addEnvironment('B-C', '1');
      },
    };
    expect(() =>
      synthesized(
        {
          runtimeName: 'my-agent',
          requestHeaders: ['Cookie'],
          idleTimeout: Duration.seconds(1),
          network: vpcWith(stack, { subnetType: ec2.SubnetType.PUBLIC }),
          environment: { 'A-B': '1', AGENT_LIMITS: 'x' },
          limits: { turns: 0 },
          tags: { 'aws:a': '1' },
          models: ClaudeModels.of({ main: ClaudeModel.SONNET_5_5.inRegion() }),
          capabilities: [broken],
        },
        stack,
      ),
    ).toThrow(
      new RegExp(
        [
          '^Test/Agent:\n  - runtimeName "my-agent"',
          '"Cookie" is restricted',
          'vpcSubnets has public subnets',
          'idleTimeout is 1 seconds',
          '"AGENT_LIMITS" belongs to this library',
          'limits.turns is 0',
          'tag "aws:a"',
          '"A-B" has no legal name',
          'cannot be called without an inference profile',
          '"B-C" has no legal name',
        ].join('[^]*'),
      ),
    );
  });

  test('inside a capability keep the name of its construct', () => {
    const capability: IAgentCapability = {
      bindToAgent: (agent) => {
        new AgentRuntime(agent, 'Inner', { image: testImage(), runtimeName: '1' });
      },
    };
    expect(() => synthesized({ limits: { turns: 0 }, capabilities: [capability] })).toThrow(
      /^Test\/Agent:\n {2}- limits.turns is 0;.*\n {2}- Test\/Agent\/Inner: runtimeName "1"/,
    );
  });

  test('that are no findings pass as they are', () => {
    const cause = new TypeError('broken');
    const capability: IAgentCapability = {
      bindToAgent: () => {
        throw cause;
      },
    };
    expect(() => synthesized({ capabilities: [capability] })).toThrow(cause);
  });

  test('never show the values of the environment', () => {
    for (const name of ['AGENT_MODEL_MAIN', 'NO-NAME', 'LONG']) {
      const value = name === 'LONG' ? 'secret-value'.repeat(200) : 'secret-value';
      expect(() => synthesized({ environment: { [name]: value } })).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('secret-value') as string }),
      );
    }
  });
});
