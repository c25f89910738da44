import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, aws_ec2 as ec2, aws_kms as kms, Duration, Stack, Validations } from 'aws-cdk-lib';
import {
  AgentAuthorizer,
  AgentCoreChecks,
  AgentEndpoint,
  AgentNetwork,
  AgentRuntime,
  ClaudeModel,
  ClaudeModels,
  EndpointVersion,
  Geography,
} from '../../lib';
import { testImage } from '../support/stack';

test('the constructs of this library, with everything they offer, give the checks nothing to find', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'own-constructs-'));
  try {
    const app = new App({ outdir, context: { '@aws-cdk/core:failSynthOnValidationErrors': false } });
    Validations.of(app).addPlugins(new AgentCoreChecks());
    const stack = new Stack(app, 'Test', { env: { region: 'eu-central-1', account: '111122223333' } });
    const agent = new AgentRuntime(stack, 'Agent', {
      image: testImage(),
      models: ClaudeModels.of({
        main: ClaudeModel.SONNET_5_5.inGeography(Geography.EU),
        fast: ClaudeModel.HAIKU_5_5.global(),
        subagent: ClaudeModel.OPUS_5_5.applicationProfile(
          'arn:aws:bedrock:eu-central-1:111122223333:application-inference-profile/abc123',
        ),
      }),
      authorizer: AgentAuthorizer.oidc({
        discoveryUrl: 'https://id.example.com/.well-known/openid-configuration',
        allowedClients: ['web'],
      }),
      network: AgentNetwork.vpc({ vpc: new ec2.Vpc(stack, 'Vpc') }),
      requestHeaders: ['X-Tenant'],
      idleTimeout: Duration.minutes(5),
      logEncryptionKey: new kms.Key(stack, 'Key'),
      environment: { STAGE: 'prod' },
    });
    new AgentEndpoint(stack, 'Prod', { agent, endpointName: 'prod', version: EndpointVersion.pinned(2) });
    new AgentEndpoint(stack, 'Next', { agent, endpointName: 'next', version: EndpointVersion.latest() });
    app.synth();

    const { pluginReports } = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as {
      pluginReports: { pluginName?: string; violations: { ruleName: string; description: string }[] }[];
    };
    expect(pluginReports.flatMap(({ violations }) => violations)).toEqual([]);
  } finally {
    rmSync(outdir, { recursive: true });
  }
});
