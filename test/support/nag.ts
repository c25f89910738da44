import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, Validations, type IPolicyValidationPlugin } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

interface ValidationReport {
  readonly pluginReports: { readonly violations: { readonly ruleName: string }[] }[];
}

/** The rules that a stack breaks: those of the pack AwsSolutions unless others are given. */
export function nagFindings(
  define: (stack: Stack) => unknown,
  rules: (app: App) => IPolicyValidationPlugin = (app) => new AwsSolutionsChecks(app),
): string[] {
  const outdir = mkdtempSync(join(tmpdir(), 'nag-'));
  try {
    const app = new App({ outdir, context: { '@aws-cdk/core:failSynthOnValidationErrors': false } });
    Validations.of(app).addPlugins(rules(app));
    define(new Stack(app, 'Test'));
    app.synth();
    const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as ValidationReport;
    return report.pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName)).sort();
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
