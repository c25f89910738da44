import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack, Validations, type App } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { ClaudeAgentStack } from '../../bin/app/claude-agent-stack';
import { AgentCoreChecks } from '../../lib/checks/agent-core-checks';
import { CheckedApp } from '../../lib/checks/checked-app';
import { L2_FINDINGS, l2Defaults } from './support/l2-defaults';
import { findingsIn, lines, reportOf, violationsOf, withApp } from './support/checked-app';
import { allowed, gateway, runtime } from './support/resources';

interface ReportedViolation {
  readonly ruleName: string;
  readonly severity: string;
  readonly description: string;
  readonly suggestedFix: string;
  readonly violatingConstructs: readonly { readonly constructPath: string }[];
  readonly acknowledgedId?: string;
  readonly reason?: string;
  readonly acknowledgedAt?: string;
}

interface ReportOfPack {
  readonly pluginName: string;
  readonly pluginVersion: string;
  readonly conclusion: string;
  readonly violations: readonly ReportedViolation[];
  readonly suppressedViolations?: readonly ReportedViolation[];
}

/** Synthesizes an app with the pack registered; what the CDK throws and what it writes into the report. */
function synthesized(
  build: (stack: Stack, app: App) => void,
  context: Record<string, unknown> = {},
): { readonly message: string | undefined; readonly report: ReportOfPack | undefined } {
  return withApp(
    (app) => {
      Validations.of(app).addPlugins(new AgentCoreChecks());
      build(new Stack(app, 'Test'), app);
      let message: string | undefined;
      const written = jest.spyOn(console, 'error').mockImplementation(() => undefined);
      try {
        app.synth();
      } catch (error) {
        message = (error as Error).message;
      } finally {
        written.mockRestore();
      }
      return { message, report: reportIn(app.outdir) };
    },
    { context },
  );
}

function reportIn(outdir: string): ReportOfPack | undefined {
  const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as {
    readonly pluginReports: readonly ReportOfPack[];
  };
  return report.pluginReports.find(({ pluginName }) => pluginName === 'AgentCore');
}

const openGateway = (stack: Stack): unknown => gateway(stack, { authorizerType: 'NONE' });
const talkativeGateway = (stack: Stack): unknown => gateway(stack, { exceptionLevel: 'DEBUG' });

describe('AgentCoreChecks', () => {
  it('fails the synthesis on an error, and says what to do and how to acknowledge it', () => {
    const { message, report } = synthesized(openGateway);
    expect(message).toContain('AuthorizerType is NONE');
    expect(message).toContain('Use AWS_IAM or CUSTOM_JWT.');
    expect(message).toContain("Acknowledge with 'AgentCore::AgentCore-GW1'");
    expect(message).toContain('Test/Gateway');
    expect(report?.conclusion).toBe('failure');
  });

  it('reports a warning without failing', () => {
    const { message, report } = synthesized(talkativeGateway);
    expect(message).toBeUndefined();
    expect(report?.conclusion).toBe('success');
    expect(report?.violations.map(({ ruleName, severity }) => `${severity} ${ruleName}`)).toEqual([
      'warning AgentCore-GW2',
    ]);
  });

  it('fails on a warning where validation is strict', () => {
    const { message } = synthesized(talkativeGateway, { '@aws-cdk/core:strictCfnValidateErrors': true });
    expect(message).toContain('ExceptionLevel is DEBUG');
  });

  it('reports findings of both levels together', () => {
    const { report } = synthesized((stack) => gateway(stack, { authorizerType: 'NONE', exceptionLevel: 'DEBUG' }));
    expect(report?.violations.map(({ ruleName, severity }) => `${severity} ${ruleName}`)).toEqual([
      'error AgentCore-GW1',
      'warning AgentCore-GW2',
    ]);
    expect(report?.pluginVersion).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('never shows a secret', () => {
    const secrets = [`AKIA${'ABCDEFGHIJKLMNOP'}`, `sk-ant-${'api03-abcdefgh'}`, `ghp_${'b'.repeat(36)}`];
    const { message, report } = synthesized((stack) =>
      runtime(stack, {
        environmentVariables: Object.fromEntries(secrets.map((secret, index) => [`SECRET_${index}`, secret])),
      }),
    );
    expect(report?.violations.map(({ ruleName }) => ruleName)).toEqual(
      secrets.map((_, index) => `AgentCore-EV3[SECRET_${index}]`),
    );
    for (const secret of secrets) expect(`${message ?? ''}${JSON.stringify(report)}`).not.toContain(secret);
  });

  it('lists the resources that break a rule in the same way together', () => {
    const { report } = synthesized((stack, app) => {
      talkativeGateway(stack);
      talkativeGateway(new Stack(app, 'Other'));
    });
    expect(report?.violations).toHaveLength(1);
    expect(report?.violations[0]?.violatingConstructs.map(({ constructPath }) => constructPath)).toEqual([
      'Test/Gateway',
      'Other/Gateway',
    ]);
  });

  it('finds nothing in the sample', () => {
    withApp((app) => {
      new ClaudeAgentStack(app, 'Sample');
      expect(lines(violationsOf(app))).toEqual([]);
    });
  });

  it('finds what is listed in the L2s with their defaults', () => {
    const found = findingsIn(l2Defaults).map((line) => line.replace(/\[.*\]/, ''));
    expect(found).toEqual(L2_FINDINGS.map(([id, construct]) => `${id} Test/${construct}`));
  });

  it('finds nothing in an app without AgentCore', () => {
    expect(findingsIn(() => undefined)).toEqual([]);
  });

  it('does work in proportion to the number of runtimes in a stack', () => {
    const lookups = jest.spyOn(CheckedApp.prototype, 'resourceOf');
    const lookupsFor = (count: number): number => {
      lookups.mockClear();
      const found = findingsIn((stack) => {
        for (let index = 0; index < count; index++) {
          const scope = new Construct(stack, `Agent${index}`);
          runtime(scope, { roleArn: allowed(scope, ['bedrock:InvokeModel'], ['*']).roleArn });
        }
      });
      expect(found).toHaveLength(count);
      return lookups.mock.calls.length;
    };
    const forTen = lookupsFor(10);
    expect(forTen).toBeGreaterThan(0);
    expect(lookupsFor(50)).toBe(5 * forTen);
    lookups.mockRestore();
  });
});

describe('an acknowledgement', () => {
  const reason = 'a public demonstration';

  it.each(['AgentCore-GW1', 'AgentCore::AgentCore-GW1'])(
    'by the id %s lets the synthesis pass and is recorded',
    (id) => {
      const { message, report } = synthesized((stack) => {
        openGateway(stack);
        Validations.of(stack).acknowledge({ id, reason });
      });
      expect(message).toBeUndefined();
      expect(report?.violations).toEqual([]);
      expect(report?.conclusion).toBe('success');
      expect(report?.suppressedViolations).toEqual([
        expect.objectContaining({ reason, acknowledgedAt: 'Test', severity: 'error' }),
      ]);
    },
  );

  it('makes the report of the pack a success by itself', () => {
    const succeeds = (id: string): boolean =>
      withApp((app) => {
        const stack = new Stack(app, 'Test');
        openGateway(stack);
        Validations.of(stack).acknowledge({ id, reason });
        return reportOf(app).success;
      });
    expect([succeeds('AgentCore-GW1'), succeeds('AgentCore-GW2')]).toEqual([true, false]);
  });

  it('suppresses the finding with its detail and no other of the rule', () => {
    const { message, report } = synthesized((stack) => {
      const agent = runtime(stack, { requestHeaderConfiguration: { requestHeaderAllowlist: ['Host', 'Via'] } });
      Validations.of(agent).acknowledge({ id: 'AgentCore-RT1[Host]', reason });
    });
    expect(message).toContain('"Via"');
    expect(message).not.toContain('"Host"');
    expect(report?.violations.map(({ ruleName }) => ruleName)).toEqual(['AgentCore-RT1[Via]']);
    expect(report?.suppressedViolations).toHaveLength(1);
  });

  it('of a rule alone does not suppress findings with details', () => {
    const { message } = synthesized((stack) => {
      runtime(stack, { requestHeaderConfiguration: { requestHeaderAllowlist: ['Host'] } });
      Validations.of(stack).acknowledge({ id: 'AgentCore-RT1', reason });
    });
    expect(message).toContain('"Host"');
  });

  it('holds below its construct and nowhere else', () => {
    const { message, report } = synthesized((stack, app) => {
      const other = new Stack(app, 'Other');
      openGateway(stack);
      openGateway(other);
      Validations.of(stack).acknowledge({ id: 'AgentCore-GW1', reason });
    });
    expect(message).toContain('Other/Gateway');
    expect(report?.violations.flatMap(({ violatingConstructs }) => violatingConstructs)).toEqual([
      expect.objectContaining({ constructPath: 'Other/Gateway' }),
    ]);
  });

  it('holds in every environment for a resource of a policy', () => {
    for (const env of [{}, { account: '111122223333', region: 'eu-central-1' }]) {
      const { message } = synthesized((_, app) => {
        const stack = new Stack(app, 'Environment', { env });
        allowed(
          stack,
          ['ecr:BatchGetImage', 'bedrock:InvokeModel'],
          [`arn:${stack.partition}:bedrock:${stack.region}::foundation-model/*`],
        );
        Validations.of(stack).acknowledge({ id: 'AgentCore-MD1[foundation-model/*]', reason });
      });
      expect(message).toBeUndefined();
    }
  });

  it.each(['a tool', 'a [tool', 'a {tool)}'])(
    'is possible for a name with characters that ids do not allow: %s',
    (name) => {
      const { message } = synthesized((stack) => {
        runtime(stack, { environmentVariables: { [name]: 'x' } });
      });
      const id = /Acknowledge with '(.*)'/.exec(message ?? '')?.[1] ?? '';
      expect(id).toMatch(/^AgentCore::AgentCore-EV1\[/);
      const acknowledged = synthesized((stack) => {
        runtime(stack, { environmentVariables: { [name]: 'x' } });
        Validations.of(stack).acknowledge({ id: id.replace('AgentCore::', ''), reason });
      });
      expect(acknowledged.message).toBeUndefined();
    },
  );
});
