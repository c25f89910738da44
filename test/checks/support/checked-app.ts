import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  App,
  Stack,
  type AppProps,
  type PolicyValidationPluginReport,
  type PolicyViolation,
  type StackProps,
} from 'aws-cdk-lib';
import { AgentCoreChecks } from '../../../lib/checks/agent-core-checks';

/** Runs `use` with a new app whose assembly is removed afterwards. */
export function withApp<T>(use: (app: App) => T, props: AppProps = {}): T {
  const outdir = mkdtempSync(join(tmpdir(), 'checks-'));
  try {
    return use(new App({ ...props, outdir }));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** What the pack finds in an app, before the CDK suppresses what was acknowledged. */
export function violationsOf(app: App): PolicyViolation[] {
  return reportOf(app).violations;
}

export function reportOf(app: App): PolicyValidationPluginReport {
  const stackTemplates = app.synth().stacksRecursively.map((stack) => ({
    stackConstructPath: stack.hierarchicalId,
    templatePath: stack.templateFullPath,
    accountId: undefined,
    region: stack.environment.region === 'unknown-region' ? undefined : stack.environment.region,
  }));
  return new AgentCoreChecks().validate({
    appConstruct: app,
    stackTemplates,
    templatePaths: stackTemplates.map(({ templatePath }) => templatePath),
  });
}

/** What the pack finds in a stack that `build` fills: a line `<id> <construct path>` for each finding. */
export function findingsIn(build: (stack: Stack) => void, props: StackProps = {}): string[] {
  return withApp((app) => {
    build(new Stack(app, 'Test', props));
    return lines(violationsOf(app));
  });
}

/** The ids alone, each once. */
export function idsIn(build: (stack: Stack) => void, props: StackProps = {}): string[] {
  return [...new Set(findingsIn(build, props).map((line) => line.slice(0, line.lastIndexOf(' '))))];
}

export function lines(violations: readonly PolicyViolation[]): string[] {
  return violations
    .flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath ?? '(no construct)'}`),
    )
    .sort();
}
