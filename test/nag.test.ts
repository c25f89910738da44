import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, aws_ec2 as ec2, aws_kms as kms, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks, ServerlessChecks } from 'cdk-nag';
import { ClaudeAgentStack } from '../bin/app/claude-agent-stack';
import {
  AgentEndpoint,
  AgentImage,
  AgentNetwork,
  AgentRuntime,
  AgentVpcEndpoints,
  ClaudeModel,
  ClaudeModels,
  EndpointVersion,
  ImageBuilder,
} from '../lib';
import { testImage } from './support/stack';

interface ValidationReport {
  readonly pluginReports: {
    readonly violations: {
      readonly ruleName: string;
      readonly violatingConstructs: { readonly constructPath: string }[];
    }[];
  }[];
}

/** The rules of every pack that an app breaks, and where. */
function findingsByPlace(define: (app: App) => void): { readonly rule: string; readonly path: string }[] {
  const outdir = mkdtempSync(join(tmpdir(), 'nag-'));
  try {
    const app = new App({ outdir, context: { '@aws-cdk/core:failSynthOnValidationErrors': false } });
    const packs = [AwsSolutionsChecks, NIST80053R5Checks, HIPAASecurityChecks, PCIDSS321Checks, ServerlessChecks];
    Validations.of(app).addPlugins(...packs.map((Pack) => new Pack(app)));
    define(app);
    app.synth();
    const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as ValidationReport;
    return report.pluginReports
      .flatMap(({ violations }) => violations)
      .flatMap(({ ruleName, violatingConstructs }) =>
        violatingConstructs.map(({ constructPath }) => ({ rule: ruleName, path: constructPath })),
      );
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** The rules that an app breaks, each once, apart from where that is not the matter of these constructs. */
function findings(define: (app: App) => void, notOurs = /^$/): string[] {
  const rules = findingsByPlace(define)
    .filter(({ path }) => !notOurs.test(path))
    .map(({ rule }) => rule);
  return [...new Set(rules)].sort();
}

/** The findings that docs/permissions.md answers for one thing. */
function answered(what: string): string[] {
  return [
    ...readFileSync(join(__dirname, '../docs/permissions.md'), 'utf8').matchAll(
      /^\| `([^`]+-[A-Z][^`]+)` +\| ([^|]+?) +\|/gm,
    ),
  ]
    .filter(([, , on]) => on === what)
    .map(([, rule]) => String(rule))
    .sort();
}

test('docs/permissions.md answers every finding on the sample', () => {
  expect(findings((app) => new ClaudeAgentStack(app, 'ClaudeAgentStack'))).toEqual(answered('The sample'));
});

test('docs/permissions.md answers every finding on an agent in a VPC with endpoints', () => {
  const define = (app: App) => {
    const stack = new Stack(app, 'Test', { env: { account: '111122223333', region: 'eu-central-1' } });
    const vpc = new ec2.Vpc(stack, 'Vpc', {
      natGateways: 0,
      subnetConfiguration: [{ name: 'Agents', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
    });
    new AgentVpcEndpoints(stack, 'Endpoints', { vpc });
    const logEncryptionKey = new kms.Key(stack, 'Key', { enableKeyRotation: true });
    const network = AgentNetwork.vpc({ vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } });
    const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), logEncryptionKey, network });
    const version = EndpointVersion.pinned(1);
    new AgentEndpoint(stack, 'Prod', { agent, endpointName: 'prod', version, logEncryptionKey });
  };
  expect(findings(define, /^Test\/Vpc\//)).toEqual(answered('`AgentVpcEndpoints`'));
});

test('an image that CodeBuild builds brings findings on what another package makes, and on nothing of ours', () => {
  const define = (app: App) => {
    const stack = new Stack(app, 'Test');
    const logEncryptionKey = new kms.Key(stack, 'Key', { enableKeyRotation: true });
    const image = AgentImage.claudeAgent({ builder: ImageBuilder.codeBuild() });
    new AgentRuntime(stack, 'Agent', { image, logEncryptionKey });
  };
  expect(findings(define)).toContain('AwsSolutions-CB4');
  expect(findings(define, /^Test\/(ContainerImageBuild|DeployTimeBuild)/)).toEqual([]);
});

test('the wildcard of an application inference profile is reported, and naming its Regions mends it', () => {
  const arn = 'arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abc123';
  const synthesize = (destinationRegions?: string[]) => () => {
    const app = new App();
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    const main = ClaudeModel.SONNET_5_5.applicationProfile(arn, destinationRegions);
    new AgentRuntime(new Stack(app, 'Test'), 'Agent', { image: testImage(), models: ClaudeModels.of({ main }) });
    app.synth();
  };
  expect(synthesize()).toThrow(/IAM5\[Resource::[^\]]*bedrock:\*::foundation-model/);
  expect(synthesize(['eu-west-1', 'eu-north-1'])).not.toThrow();
});

test('with a key for the log no finding is left', () => {
  expect(
    findings((app) => {
      const stack = new Stack(app, 'Test');
      const logEncryptionKey = new kms.Key(stack, 'Key', { enableKeyRotation: true });
      new AgentRuntime(stack, 'Agent', { image: testImage(), logEncryptionKey });
    }),
  ).toEqual([]);
});
