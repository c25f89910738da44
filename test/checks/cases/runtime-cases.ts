import { Aws, aws_bedrockagentcore as agentcore, aws_ecr as ecr } from 'aws-cdk-lib';
import { browser, codeInterpreter, endpoint, gateway, IMAGE, runtime, type RuleCase } from '../support/resources';

const COGNITO = 'https://cognito-idp.eu-central-1.amazonaws.com/pool/.well-known/openid-configuration';
const VPC = { networkMode: 'VPC', networkModeConfig: { subnets: ['subnet-1'], securityGroups: ['sg-1'] } };
const KEY_ID = `AKIA${'ABCDEFGHIJKLMNOP'}`;

const jwt = (claims: object): agentcore.CfnRuntime.AuthorizerConfigurationProperty => ({
  customJwtAuthorizer: { discoveryUrl: COGNITO, ...claims },
});
const headers = (...names: string[]): Partial<agentcore.CfnRuntimeProps> => ({
  requestHeaderConfiguration: { requestHeaderAllowlist: names },
});
const image = (containerUri: string): Partial<agentcore.CfnRuntimeProps> => ({
  agentRuntimeArtifact: { containerConfiguration: { containerUri } },
});
const sessionStorage = { filesystemConfigurations: [{ sessionStorage: { mountPath: '/mnt/session' } }] };

export const RUNTIME_CASES: readonly RuleCase[] = [
  {
    id: 'AgentCore-NM1',
    mistake: 'a hyphen in the name of a runtime',
    wrong: (stack) => runtime(stack, { agentRuntimeName: 'my-agent' }),
    right: (stack) => runtime(stack, { agentRuntimeName: 'my_agent' }),
  },
  {
    id: 'AgentCore-NM1',
    mistake: 'a name of 49 characters',
    wrong: (stack) => codeInterpreter(stack, { name: 'a'.repeat(49) }),
    right: (stack) => codeInterpreter(stack, { name: 'a'.repeat(48) }),
  },
  {
    id: 'AgentCore-NM1',
    mistake: 'a name that begins with a digit',
    wrong: (stack) => browser(stack, { name: '1browser' }),
    right: (stack) => browser(stack, { name: 'browser1' }),
  },
  {
    id: 'AgentCore-NM2',
    mistake: 'an underscore in the name of a gateway',
    wrong: (stack) => gateway(stack, { name: 'my_tools' }),
    right: (stack) => gateway(stack, { name: 'my-tools' }),
  },
  {
    id: 'AgentCore-NM3',
    mistake: 'an endpoint named default',
    wrong: (stack) => endpoint(stack, 'Endpoint', { name: 'default' }),
    right: (stack) => endpoint(stack, 'Endpoint', { name: 'default_2' }),
  },
  {
    id: 'AgentCore-RT1',
    mistake: 'a restricted header',
    wrong: (stack) => runtime(stack, headers('Cookie')),
    right: (stack) => runtime(stack, headers('X-Cookie')),
    detail: 'Cookie',
  },
  {
    id: 'AgentCore-RT2',
    mistake: 'a header that is named twice in different case',
    wrong: (stack) => runtime(stack, headers('X-Tenant', 'x-tenant')),
    right: (stack) => runtime(stack, headers('X-Tenant', 'x-tenant-2')),
  },
  {
    id: 'AgentCore-RT2',
    mistake: 'the 21st header',
    wrong: (stack) => runtime(stack, headers(...Array.from({ length: 21 }, (_, index) => `X-Header-${index}`))),
    right: (stack) => runtime(stack, headers(...Array.from({ length: 20 }, (_, index) => `X-Header-${index}`))),
  },
  {
    id: 'AgentCore-RT3',
    mistake: 'the Authorization header without a JWT authorizer',
    wrong: (stack) => runtime(stack, headers('authorization')),
    right: (stack) =>
      runtime(stack, {
        ...headers('authorization'),
        authorizerConfiguration: jwt({ allowedClients: ['web'] }),
      }),
  },
  {
    id: 'AgentCore-RT4',
    mistake: 'a session that idles longer than it lives',
    wrong: (stack) => runtime(stack, { lifecycleConfiguration: { idleRuntimeSessionTimeout: 601, maxLifetime: 600 } }),
    right: (stack) => runtime(stack, { lifecycleConfiguration: { idleRuntimeSessionTimeout: 600, maxLifetime: 600 } }),
  },
  {
    id: 'AgentCore-RT4',
    mistake: 'an idle timeout under a minute',
    wrong: (stack) => runtime(stack, { lifecycleConfiguration: { idleRuntimeSessionTimeout: 59 } }),
    right: (stack) => runtime(stack, { lifecycleConfiguration: { idleRuntimeSessionTimeout: 60 } }),
  },
  {
    id: 'AgentCore-RT4',
    mistake: 'a microVM that lives for a day',
    wrong: (stack) => runtime(stack, { lifecycleConfiguration: { maxLifetime: 86_400 } }),
    right: (stack) =>
      runtime(stack, { lifecycleConfiguration: { maxLifetime: 86_400 } }).addPropertyOverride(
        'CapacityProviderConfiguration',
        { CapacityProviderArn: 'arn:capacity-provider' },
      ),
  },
  {
    id: 'AgentCore-RT5',
    mistake: 'the tag latest',
    wrong: (stack) => runtime(stack, image(`${IMAGE}:latest`)),
    right: (stack) => runtime(stack, image(`${IMAGE}:latest-1`)),
  },
  {
    id: 'AgentCore-RT5',
    mistake: 'an image without a tag',
    wrong: (stack) => runtime(stack, image(new ecr.Repository(stack, 'Repository').repositoryUri)),
    right: (stack) => runtime(stack, image(new ecr.Repository(stack, 'Repository').repositoryUriForTag('1.0.0'))),
  },
  {
    id: 'AgentCore-RT6',
    mistake: 'a platform version that is not set',
    wrong: (stack) => runtime(stack).addPropertyDeletionOverride('PlatformVersion'),
    right: (stack) => runtime(stack, { platformVersion: 'V2' }),
  },
  {
    id: 'AgentCore-RT6',
    mistake: 'a platform version that is set to nothing',
    wrong: (stack) => runtime(stack, { platformVersion: Aws.NO_VALUE }),
    right: (stack) => runtime(stack, { platformVersion: 'V1' }),
  },
  {
    id: 'AgentCore-RT7',
    mistake: 'a mount path two levels deep',
    wrong: (stack) => runtime(stack, { filesystemConfigurations: [{ sessionStorage: { mountPath: '/mnt/a/b' } }] }),
    right: (stack) => runtime(stack, { filesystemConfigurations: [{ sessionStorage: { mountPath: '/mnt/a_b' } }] }),
    detail: '/mnt/a/b',
  },
  {
    id: 'AgentCore-RT8',
    mistake: 'EFS outside a VPC',
    wrong: (stack) =>
      runtime(stack, {
        filesystemConfigurations: [
          { efsAccessPoint: { accessPointArn: 'arn:access-point', mountPath: '/mnt/shared' } },
        ],
      }),
    right: (stack) =>
      runtime(stack, {
        networkConfiguration: VPC,
        filesystemConfigurations: [
          { efsAccessPoint: { accessPointArn: 'arn:access-point', mountPath: '/mnt/shared' } },
        ],
      }),
    detail: '/mnt/shared',
  },
  {
    id: 'AgentCore-RT9',
    mistake: 'session storage with an image that is an asset',
    wrong: (stack) => runtime(stack, { ...sessionStorage, ...image(`${IMAGE}:${'0af9'.repeat(16)}`) }),
    right: (stack) => runtime(stack, { ...sessionStorage, ...image(`${IMAGE}:release-1`) }),
  },
  {
    id: 'AgentCore-EV1',
    mistake: 'a variable whose name begins with a digit',
    wrong: (stack) => runtime(stack, { environmentVariables: { '1ST': 'x' } }),
    right: (stack) => runtime(stack, { environmentVariables: { _1ST: 'x' } }),
    detail: '1ST',
  },
  {
    id: 'AgentCore-EV1',
    mistake: 'the 51st variable',
    wrong: (stack) => runtime(stack, { environmentVariables: numbered(51) }),
    right: (stack) => runtime(stack, { environmentVariables: numbered(50) }),
    detail: 'V50',
  },
  {
    id: 'AgentCore-EV1',
    mistake: 'a value of 2049 characters',
    wrong: (stack) => runtime(stack, { environmentVariables: { LONG: 'x'.repeat(2049) } }),
    right: (stack) => runtime(stack, { environmentVariables: { LONG: 'x'.repeat(2048) } }),
    detail: 'LONG',
  },
  {
    id: 'AgentCore-EV2',
    mistake: 'more than 4 KB on V1',
    wrong: (stack) => runtime(stack, { environmentVariables: { A: 'x'.repeat(2048), B: 'x'.repeat(2047) } }),
    right: (stack) => runtime(stack, { environmentVariables: { A: 'x'.repeat(2048), B: 'x'.repeat(2046) } }),
  },
  {
    id: 'AgentCore-EV2',
    mistake: 'more than 2.5 KB on V2',
    wrong: (stack) =>
      runtime(stack, { platformVersion: 'V2', environmentVariables: { A: 'x'.repeat(2048), B: 'x'.repeat(511) } }),
    right: (stack) =>
      runtime(stack, { platformVersion: 'V2', environmentVariables: { A: 'x'.repeat(2048), B: 'x'.repeat(510) } }),
  },
  ...secretCase('an AWS access key id', KEY_ID, KEY_ID.slice(0, -1)),
  ...secretCase('an Anthropic API key', `sk-ant-${'api03-abcdefgh'}`, 'sk-ant-'),
  ...secretCase('a private key', `-----BEGIN RSA PRIVATE ${'KEY-----'}\nMII`, '-----BEGIN CERTIFICATE-----'),
  ...secretCase('a GitHub token', `ghp_${'a'.repeat(36)}`, `ghp_${'a'.repeat(35)}`),
  ...secretCase('a value of Secrets Manager', '{{resolve:secretsmanager:key}}', '{{resolve:ssm:key}}'),
  {
    id: 'AgentCore-EP1',
    mistake: 'an endpoint without a version',
    wrong: (stack) => new agentcore.CfnRuntimeEndpoint(stack, 'Endpoint', { agentRuntimeId: 'agent-1', name: 'live' }),
    right: (stack) => endpoint(stack, 'Endpoint'),
  },
  {
    id: 'AgentCore-EP1',
    mistake: 'an endpoint that follows the version of its runtime',
    wrong: (stack) => endpoint(stack, 'Endpoint', { agentRuntimeVersion: runtime(stack).attrAgentRuntimeVersion }),
    right: (stack) => endpoint(stack, 'Endpoint', { agentRuntimeVersion: '7' }),
  },
  {
    id: 'AgentCore-EP2',
    mistake: 'version 0',
    wrong: (stack) => endpoint(stack, 'Endpoint', { agentRuntimeVersion: '0' }),
    right: (stack) => endpoint(stack, 'Endpoint', { agentRuntimeVersion: '99999' }),
  },
  {
    id: 'AgentCore-EP3',
    mistake: 'the eleventh endpoint of a runtime',
    wrong: (stack) => {
      for (let number = 1; number <= 11; number++) endpoint(stack, `Endpoint${number}`);
    },
    right: (stack) => {
      for (let number = 1; number <= 10; number++) endpoint(stack, `Endpoint${number}`);
      endpoint(stack, 'Other', { agentRuntimeId: 'other-0123456789' });
    },
  },
  {
    id: 'AgentCore-AU1',
    mistake: 'a JWT authorizer that takes the tokens of every client',
    wrong: (stack) => runtime(stack, { authorizerConfiguration: jwt({ allowedScopes: ['agent/call'] }) }),
    right: (stack) => runtime(stack, { authorizerConfiguration: jwt({ allowedClients: ['web'] }) }),
  },
  {
    id: 'AgentCore-AU1',
    mistake: 'the same on a gateway, with an empty list',
    wrong: (stack) =>
      gateway(stack, {
        authorizerType: 'CUSTOM_JWT',
        authorizerConfiguration: { customJwtAuthorizer: { discoveryUrl: COGNITO, allowedClients: [] } },
      }),
    right: (stack) =>
      gateway(stack, {
        authorizerType: 'CUSTOM_JWT',
        authorizerConfiguration: { customJwtAuthorizer: { discoveryUrl: COGNITO, allowedClients: ['cli'] } },
      }),
  },
  {
    id: 'AgentCore-AU2',
    mistake: 'an audience for a Cognito user pool',
    wrong: (stack) => runtime(stack, { authorizerConfiguration: jwt({ allowedAudience: ['agent'] }) }),
    right: (stack) =>
      runtime(stack, {
        authorizerConfiguration: jwt({
          discoveryUrl: 'https://login.example.com/.well-known/openid-configuration',
          allowedAudience: ['agent'],
        }),
      }),
  },
  {
    id: 'AgentCore-AU2',
    mistake: 'an audience for a user pool of another Region',
    wrong: (stack) =>
      runtime(stack, {
        authorizerConfiguration: jwt({
          discoveryUrl: `https://cognito-idp.${stack.region}.amazonaws.com/pool/.well-known/openid-configuration`,
          allowedAudience: ['agent'],
        }),
      }),
    right: (stack) =>
      runtime(stack, {
        authorizerConfiguration: jwt({
          discoveryUrl: 'https://login.example.com/cognito-idp/.well-known/openid-configuration',
          allowedAudience: ['agent'],
        }),
      }),
  },
  {
    id: 'AgentCore-NW1',
    mistake: 'VPC mode without subnets',
    wrong: (stack) =>
      runtime(stack, {
        networkConfiguration: { networkMode: 'VPC', networkModeConfig: { subnets: [], securityGroups: ['sg-1'] } },
      }),
    right: (stack) => runtime(stack, { networkConfiguration: VPC }),
    detail: 'Subnets',
  },
  {
    id: 'AgentCore-NW1',
    mistake: 'a code interpreter in VPC mode with nothing else',
    wrong: (stack) => codeInterpreter(stack, { networkConfiguration: { networkMode: 'VPC' } }),
    right: (stack) =>
      codeInterpreter(stack, {
        networkConfiguration: { networkMode: 'VPC', vpcConfig: { subnets: ['subnet-1'], securityGroups: ['sg-1'] } },
      }),
    detail: 'SecurityGroups',
  },
  {
    id: 'AgentCore-NW2',
    mistake: 'a sandbox with a VPC configuration',
    wrong: (stack) =>
      codeInterpreter(stack, {
        networkConfiguration: { networkMode: 'SANDBOX', vpcConfig: { subnets: ['s'], securityGroups: ['g'] } },
      }),
    right: (stack) => codeInterpreter(stack),
  },
  {
    id: 'AgentCore-NW3',
    mistake: 'a code interpreter on the public network',
    wrong: (stack) => codeInterpreter(stack, { networkConfiguration: { networkMode: 'PUBLIC' } }),
    right: (stack) => codeInterpreter(stack),
  },
  {
    id: 'AgentCore-NW3',
    mistake: 'a browser on the public network',
    wrong: (stack) => browser(stack, { networkConfiguration: { networkMode: 'PUBLIC' } }),
    right: (stack) => browser(stack),
  },
];

function numbered(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`V${index}`, 'x']));
}

function secretCase(mistake: string, secret: string, beside: string): RuleCase[] {
  return [
    {
      id: 'AgentCore-EV3',
      mistake: `${mistake} in the environment`,
      wrong: (stack) => runtime(stack, { environmentVariables: { TOKEN: secret } }),
      right: (stack) => runtime(stack, { environmentVariables: { TOKEN: beside } }),
      detail: 'TOKEN',
    },
  ];
}
