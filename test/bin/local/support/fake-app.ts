import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROLE = 'AgentRole';
export const GRANTED_MODEL = 'anthropic.claude-sonnet-5-5';

/** Properties of the runtime that a test sets differently. */
export interface FakeRuntime {
  readonly logicalId?: string;
  readonly name?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** A folder with a cdk.json whose app writes an assembly: one role, the given runtimes, the fake agent as their image. */
export class FakeApp {
  public readonly directory = mkdtempSync(join(tmpdir(), 'local-app-'));

  constructor(
    private readonly runtimes: readonly FakeRuntime[] = [{}],
    resources: Readonly<Record<string, unknown>> = {},
  ) {
    this.writeResources(resources);
    writeFileSync(join(this.directory, 'cdk.json'), JSON.stringify({ app: 'node app.js' }));
  }

  /** Gives the app these resources beside its role and runtimes. */
  public writeResources(resources: Readonly<Record<string, unknown>>): void {
    const files = {
      'manifest.json': {
        version: '52.0.0',
        artifacts: {
          Stack: {
            type: 'aws:cloudformation:stack',
            environment: 'aws://unknown-account/unknown-region',
            properties: { templateFile: 'Stack.template.json' },
          },
          'Stack.assets': { type: 'cdk:asset-manifest', properties: { file: 'Stack.assets.json' } },
        },
      },
      'Stack.assets.json': {
        dockerImages: { imagehash: { source: { directory: join(__dirname, 'fake-agent') } } },
        files: {
          functionhash: {
            source: { path: join(__dirname, 'fake-function'), packaging: 'zip' },
            destinations: { here: { objectKey: 'functionhash.zip' } },
          },
        },
      },
      'Stack.template.json': { Resources: { [ROLE]: role(), ...runtimeResources(this.runtimes), ...resources } },
    };
    this.writeApp(`
      const { writeFileSync } = require('node:fs');
      const { join } = require('node:path');
      for (const [name, content] of Object.entries(${JSON.stringify(files)})) {
        writeFileSync(join(process.env.CDK_OUTDIR, name), JSON.stringify(content));
      }`);
  }

  /** Replaces the program that stands for the app. */
  public writeApp(program: string): void {
    writeFileSync(join(this.directory, 'app.js'), program);
  }

  public remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function runtimeResources(runtimes: readonly FakeRuntime[]): Record<string, unknown> {
  return Object.fromEntries(
    runtimes.map(({ logicalId = 'Agent', name = 'agent', properties = {} }) => [
      logicalId,
      {
        Type: 'AWS::BedrockAgentCore::Runtime',
        Properties: {
          AgentRuntimeName: name,
          AgentRuntimeArtifact: {
            ContainerConfiguration: {
              ContainerUri: { 'Fn::Sub': '${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/assets:imagehash' },
            },
          },
          RoleArn: { 'Fn::GetAtt': [ROLE, 'Arn'] },
          EnvironmentVariables: { FROM_TEMPLATE: { Ref: 'AWS::Region' } },
          RequestHeaderConfiguration: { RequestHeaderAllowlist: ['X-Amzn-Bedrock-AgentCore-Runtime-Custom-Tenant'] },
          ...properties,
        },
      },
    ]),
  );
}

function role(): Record<string, unknown> {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Statement: [
          { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'bedrock-agentcore.amazonaws.com' } },
        ],
      },
      Policies: [
        {
          PolicyName: 'Model',
          PolicyDocument: {
            Statement: [
              {
                Effect: 'Allow',
                Action: ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],
                Resource: { 'Fn::Sub': `arn:aws:bedrock:\${AWS::Region}::foundation-model/${GRANTED_MODEL}` },
              },
            ],
          },
        },
      ],
    },
  };
}
