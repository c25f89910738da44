import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, aws_kms as kms, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks, ServerlessChecks } from 'cdk-nag';
import { ClaudeAgentStack } from '../bin/app/claude-agent-stack';
import { AgentRuntime, ClaudeModel, ClaudeModels } from '../lib';
import { testImage } from './support/stack';

interface ValidationReport {
  readonly pluginReports: { readonly violations: { readonly ruleName: string }[] }[];
}

/** The rules of the packs beside AwsSolutions that an app breaks. */
function findings(define: (app: App) => void): string[] {
  const outdir = mkdtempSync(join(tmpdir(), 'nag-'));
  try {
    const app = new App({ outdir, context: { '@aws-cdk/core:failSynthOnValidationErrors': false } });
    const packs = [NIST80053R5Checks, HIPAASecurityChecks, PCIDSS321Checks, ServerlessChecks];
    Validations.of(app).addPlugins(...packs.map((Pack) => new Pack(app)));
    define(app);
    app.synth();
    const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as ValidationReport;
    return report.pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName)).sort();
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

test('docs/permissions.md answers every finding of the other packs on the sample', () => {
  const documented = [
    ...readFileSync(join(__dirname, '../docs/permissions.md'), 'utf8').matchAll(/^\| `((?:NIST|HIPAA|PCI)[^`]+)`/gm),
  ];
  expect(findings((app) => new ClaudeAgentStack(app, 'ClaudeAgentStack'))).toEqual(
    documented.map(([, rule]) => rule).sort(),
  );
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
