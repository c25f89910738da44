import { readFileSync } from 'node:fs';
import type {
  IPolicyValidationContext,
  IPolicyValidationPlugin,
  PolicyValidationPluginReport,
  PolicyViolation,
} from 'aws-cdk-lib';
import { packagePath } from '../private/package-root';
import { acknowledgedRuleName, findingId } from './acknowledgement';
import { CheckedApp } from './checked-app';
import type { Finding, Rule } from './rule';
import { RULES } from './rules';

/**
 * Checks every resource of Amazon Bedrock AgentCore in an app, and the roles, policies, log groups, security groups and
 * buckets around them, whoever defined them: these constructs, the L2s, L1s or an included template.
 *
 * ```ts
 * Validations.of(app).addPlugins(new AgentCoreChecks());
 * ```
 *
 * Errors fail the synthesis, warnings only `cdk synth --strict`. What is known at deployment only is not judged. A finding
 * is acknowledged by its id, which the report prints:
 *
 * ```ts
 * Validations.of(gateway).acknowledge({ id: 'AgentCore-GW2', reason: 'a test stage' });
 * ```
 */
export class AgentCoreChecks implements IPolicyValidationPlugin {
  public readonly name = 'AgentCore';
  public readonly version: string = packageVersion();
  public readonly ruleIds: string[] = RULES.map(({ id }) => id);

  /**
   * Called by the CDK at the end of the synthesis.
   *
   * @throws Error when a synthesized template cannot be read
   */
  public validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const app = new CheckedApp(context);
    const violations = new Map<string, PolicyViolation>();
    let hasError = false;
    for (const rule of RULES) {
      for (const finding of rule.check(app)) {
        const id = findingId(rule, finding);
        const acknowledged = acknowledgedRuleName(finding.resource.construct, id);
        hasError ||= rule.level === 'error' && acknowledged === undefined;
        add(violations, rule, finding, acknowledged ?? id);
      }
    }
    return { success: !hasError, violations: [...violations.values()] };
  }
}

/** One violation for each sentence, so that the report can list the resources it holds for. */
function add(violations: Map<string, PolicyViolation>, rule: Rule, finding: Finding, ruleName: string): void {
  const { resource, problem } = finding;
  const key = `${ruleName}\n${problem}`;
  const violation: PolicyViolation = violations.get(key) ?? {
    ruleName,
    description: `${problem}: ${rule.why}`,
    fix: `${rule.remedy} ${rule.documentation}`,
    severity: rule.level,
    ruleMetadata: { title: rule.title, documentation: rule.documentation },
    violatingResources: [],
  };
  violations.set(key, violation);
  violation.violatingResources.push({
    constructPath: resource.construct.node.path,
    resourceLogicalId: resource.logicalId,
    templatePath: resource.stack.templatePath,
    locations: rule.property === undefined ? [] : [`Properties.${rule.property}`],
  });
}

function packageVersion(): string {
  return String((JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as { version?: unknown }).version);
}
