import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** What speaks against something: one sentence each, under the name of the place that they are about. */
class FindingsError extends Error {
  constructor(
    public readonly place: string,
    public readonly findings: readonly string[],
  ) {
    super(findings.length === 1 ? `${place}: ${findings[0]}` : `${place}:\n${bullets(findings)}`);
  }
}

/**
 * Throws one error with every finding, so that a user mends them in one go.
 *
 * @param where the construct, or the name of a factory that has no construct yet
 * @param findings sentences in lower case: what is wrong, the value, what is allowed, what to do
 */
export function throwFindings(where: IConstruct | string, findings: readonly string[]): void {
  if (findings.length === 0) return;
  throw new FindingsError(typeof where === 'string' ? where : where.node.path, findings);
}

/**
 * What `define` throws by throwFindings, to be thrown together with other findings of `where`; any other error passes. A
 * finding about another place keeps its name.
 */
export function findingsOf(where: IConstruct, define: () => void): readonly string[] {
  try {
    define();
    return [];
  } catch (error) {
    if (!(error instanceof FindingsError)) throw error;
    const { place, findings } = error;
    return place === where.node.path ? findings : findings.map((finding) => `${place}: ${finding}`);
  }
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
