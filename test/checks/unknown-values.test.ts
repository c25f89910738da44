import type { Stack } from 'aws-cdk-lib';
import { aws_bedrockagentcore as agentcore, CfnCondition, CfnParameter, Fn } from 'aws-cdk-lib';
import {
  agentRole,
  allowed,
  browser,
  codeInterpreter,
  endpoint,
  gateway,
  IMAGE,
  runtime,
  target,
  tool,
} from './support/resources';
import { findingsIn, idsIn } from './support/checked-app';

const parameter = (stack: Stack, type = 'String'): CfnParameter => new CfnParameter(stack, 'Parameter', { type });

/** A value that is set or left out, as the deployment decides. */
function maybe(stack: Stack, value: unknown): string {
  const condition = new CfnCondition(stack, 'Condition', {
    expression: Fn.conditionEquals(parameter(stack).valueAsString, 'x'),
  });
  return Fn.conditionIf(condition.logicalId, value, { Ref: 'AWS::NoValue' }) as unknown as string;
}

describe('what only the deployment knows', () => {
  it.each<readonly [what: string, build: (stack: Stack) => void]>([
    ['a name', (stack) => runtime(stack, { agentRuntimeName: parameter(stack).valueAsString })],
    ['a part of a name', (stack) => runtime(stack, { agentRuntimeName: `my-${parameter(stack).valueAsString}` })],
    [
      'an image',
      (stack) =>
        runtime(stack, {
          agentRuntimeArtifact: { containerConfiguration: { containerUri: parameter(stack).valueAsString } },
        }),
    ],
    [
      'a tag',
      (stack) =>
        runtime(stack, {
          agentRuntimeArtifact: {
            containerConfiguration: { containerUri: `${IMAGE}:${parameter(stack).valueAsString}` },
          },
        }),
    ],
    ['a platform version', (stack) => runtime(stack, { platformVersion: maybe(stack, 'V1') })],
    [
      'a list of headers',
      (stack) =>
        runtime(stack, {
          requestHeaderConfiguration: { requestHeaderAllowlist: parameter(stack, 'CommaDelimitedList').valueAsList },
        }),
    ],
    [
      'an authorizer',
      (stack) =>
        runtime(stack, {
          requestHeaderConfiguration: { requestHeaderAllowlist: ['Authorization'] },
          authorizerConfiguration: maybe(stack, { CustomJWTAuthorizer: {} }) as never,
        }),
    ],
    [
      'the clients of an authorizer',
      (stack) =>
        runtime(stack, {
          authorizerConfiguration: {
            customJwtAuthorizer: {
              discoveryUrl: 'https://login.example.com/.well-known/openid-configuration',
              allowedClients: parameter(stack, 'CommaDelimitedList').valueAsList,
            },
          },
        }),
    ],
    [
      'the subnets',
      (stack) =>
        runtime(stack, {
          networkConfiguration: {
            networkMode: 'VPC',
            networkModeConfig: {
              subnets: parameter(stack, 'CommaDelimitedList').valueAsList,
              securityGroups: ['sg-1'],
            },
          },
        }),
    ],
    [
      'a network mode',
      (stack) => codeInterpreter(stack, { networkConfiguration: { networkMode: parameter(stack).valueAsString } }),
    ],
    [
      'a session limit',
      (stack) =>
        runtime(stack, {
          lifecycleConfiguration: {
            idleRuntimeSessionTimeout: parameter(stack, 'Number').valueAsNumber,
            maxLifetime: 60,
          },
        }),
    ],
    [
      'a mount path',
      (stack) =>
        runtime(stack, {
          filesystemConfigurations: [{ sessionStorage: { mountPath: parameter(stack).valueAsString } }],
        }),
    ],
    [
      'the value of a variable',
      (stack) => runtime(stack, { environmentVariables: { TOKEN: parameter(stack).valueAsString } }),
    ],
    [
      'the version of an endpoint',
      (stack) => endpoint(stack, 'Endpoint', { agentRuntimeVersion: parameter(stack).valueAsString }),
    ],
    ['an authorizer type', (stack) => gateway(stack, { authorizerType: parameter(stack).valueAsString })],
    [
      'the name of a target',
      (stack) => target(stack, 'Target', { name: parameter(stack).valueAsString }, [tool('t'.repeat(60))]),
    ],
    [
      'the name of an agent in the trust',
      (stack) =>
        agentRole(stack, {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnLike: {
            'aws:SourceArn': `arn:aws:bedrock-agentcore:*:${stack.account}:runtime/${parameter(stack).valueAsString}*`,
          },
        }),
    ],
    [
      'the name of an agent in its logs',
      (stack) =>
        allowed(
          stack,
          ['logs:PutLogEvents'],
          [`arn:aws:logs:*:*:log-group:/aws/bedrock-agentcore/runtimes/${parameter(stack).valueAsString}*`],
        ),
    ],
    [
      'a model',
      (stack) =>
        allowed(
          stack,
          ['bedrock:InvokeModel'],
          [`arn:aws:bedrock:*::foundation-model/${parameter(stack).valueAsString}`],
        ),
    ],
    ['a resource', (stack) => allowed(stack, ['secretsmanager:GetSecretValue'], [parameter(stack).valueAsString])],
    [
      'an action',
      (stack) => allowed(stack, [`bedrock-agentcore:${parameter(stack).valueAsString}`], ['arn:aws:s3:::bucket']),
    ],
    [
      'a secret',
      (stack) =>
        new agentcore.CfnApiKeyCredentialProvider(stack, 'Provider', {
          name: 'api',
          apiKey: parameter(stack).valueAsString,
        }),
    ],
    [
      'the network of a shared file system',
      (stack) =>
        runtime(stack, {
          networkConfiguration: { networkMode: parameter(stack).valueAsString },
          filesystemConfigurations: [
            { efsAccessPoint: { accessPointArn: 'arn:access-point', mountPath: '/mnt/shared' } },
          ],
        }),
    ],
    [
      'the platform version of an environment that only V1 allows',
      (stack) =>
        runtime(stack, {
          platformVersion: parameter(stack).valueAsString,
          environmentVariables: { A: 'x'.repeat(2048), B: 'x'.repeat(1000) },
        }),
    ],
    [
      'whether a browser records',
      (stack) =>
        browser(stack, {
          executionRoleArn: 'arn:role',
          recordingConfig: { enabled: maybe(stack, true) as unknown as boolean },
        }),
    ],
  ])('is not judged: %s', (_, build) => {
    expect(findingsIn(build)).toEqual([]);
  });

  it('does not hide what is certain beside it', () => {
    const found = idsIn((stack) =>
      runtime(stack, {
        requestHeaderConfiguration: { requestHeaderAllowlist: [parameter(stack).valueAsString, 'Host'] },
      }),
    );
    expect(found).toEqual(['AgentCore-RT1[Host]']);
  });

  it('counts the known part of an environment that is too large already', () => {
    const found = idsIn((stack) => {
      const { valueAsString } = parameter(stack);
      runtime(stack, { environmentVariables: { A: 'x'.repeat(2048), B: `${'x'.repeat(2047)}${valueAsString}` } });
    });
    expect(found).toEqual(['AgentCore-EV2']);
  });

  it('does not hide a secret in the known part of a value', () => {
    const found = idsIn((stack) => {
      runtime(stack, {
        environmentVariables: { TOKEN: `${parameter(stack).valueAsString} sk-ant-${'api03-abcdefgh'}` },
      });
    });
    expect(found).toEqual(['AgentCore-EV3[TOKEN]']);
  });
});
