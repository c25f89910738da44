import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Throws one error with every finding, so that a user mends them in one go.
 *
 * @param where the construct, or the name of a factory that has no construct yet
 * @param findings sentences in lower case: what is wrong, the value, what is allowed, what to do
 */
export function throwFindings(where: IConstruct | string, findings: readonly string[]): void {
  if (findings.length === 0) return;
  const place = typeof where === 'string' ? where : where.node.path;
  throw new Error(findings.length === 1 ? `${place}: ${findings[0]}` : `${place}:\n${bullets(findings)}`);
}

function bullets(findings: readonly string[]): string {
  return findings.map((finding) => `  - ${finding}`).join('\n');
}

/** The pattern of AgentCore names with underscores: runtimes, memories, interpreters, browsers, endpoints. */
const UNDERSCORE_NAME = /^[a-zA-Z][a-zA-Z0-9_]{0,47}$/;

/**
 * Findings about a name of 1 to 48 letters, digits and underscores.
 *
 * Source of the limit: pattern of AgentRuntimeName in the AgentCore API reference.
 */
export function nameFindings(prop: string, name: string): string[] {
  if (Token.isUnresolved(name)) {
    return [
      `${prop} is not known at synthesis, but log groups, trust and permissions are scoped by it; give a literal name or leave it out`,
    ];
  }
  if (UNDERSCORE_NAME.test(name)) return [];
  return [
    `${prop} "${name}" is not a valid name: it must start with a letter and have 1 to 48 letters, digits or underscores, for instance "${suggestName(name)}"`,
  ];
}

function suggestName(name: string): string {
  const legal = name.replace(/[^a-zA-Z0-9]+/g, '_').replace(/^[^a-zA-Z]+/, '');
  return (legal === '' ? 'claude_agent' : legal).slice(0, 48);
}
