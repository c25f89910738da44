import type { CedarStatement } from './cedar-statement';
import type { GatewayCallers } from './cedar-schema';
import type { GatewayToolSpec, OpenTarget } from './gateway-tool-spec';
import { GATEWAY_ARN_PLACEHOLDER } from './policy-statement';

/** What can be said about a policy of either form. */
export interface GatewayPolicyOptions {
  /**
   * What the policy is for, up to 4,096 characters.
   *
   * @default - no description
   */
  readonly description?: string;

  /**
   * Takes the policy as it is, whatever the analysis of AgentCore makes of it. Otherwise AgentCore refuses, at deployment,
   * a policy with which every call of some caller and tool is allowed or every one is denied, and one without any effect.
   * What it finds wrong by the schema of the tools, it refuses always.
   *
   * @default false
   */
  readonly acceptFindings?: boolean;
}

/** What policies are written for. */
export interface PolicyScope {
  readonly callers: GatewayCallers;
  /** The tools that are known at synthesis. */
  readonly tools: readonly GatewayToolSpec[];
  /** The other targets. */
  readonly openTargets: readonly OpenTarget[];
}

/** One policy as AgentCore keeps it: one statement. */
export interface WrittenPolicy {
  readonly name: string;
  /** @default - no description */
  readonly description?: string;
  readonly acceptFindings: boolean;
  readonly statement: CedarStatement;
  /**
   * Where the statement is written, for messages.
   *
   * @default - in TypeScript
   */
  readonly place?: string;
}

/** A letter, then letters, digits and underscores ("PolicyName" in the API reference). */
const NAME = /^[A-Za-z]\w*$/;

/** AgentCore allows 48; nine are for what makes the name unique in the account. */
const MAX_NAME = 39;

const MAX_DESCRIPTION = 4096;

/** The size of one policy ("Limitations" in the AgentCore developer guide, and CedarPolicy in the API reference). */
const MIN_STATEMENT = 35;
const MAX_STATEMENT = 10_000;

/** As long as the ARN of a gateway can be; only the deployment knows it. */
const LONGEST_GATEWAY_ARN = `arn:aws-us-gov:bedrock-agentcore:ap-southeast-1:111122223333:gateway/${'n'.repeat(48)}-0123456789`;

/** What speaks against a policy as such. */
export function policyFindings({ name, description = '', statement }: WrittenPolicy): string[] {
  const findings: string[] = [];
  if (!NAME.test(name) || name.length > MAX_NAME) {
    findings.push(
      `policy "${name}" has no valid name: a letter, then letters, digits and underscores, ${MAX_NAME} in all; choose another`,
    );
  }
  // It names a construct; the construct library keeps those in an object, in which these seem to be there already.
  if (name in {}) {
    findings.push(`policy "${name}" has a name that every object of JavaScript has; choose another`);
  }
  if (description.length > MAX_DESCRIPTION) {
    findings.push(
      `policy "${name}" has a description of ${description.length} characters; AgentCore allows ${MAX_DESCRIPTION}: shorten it`,
    );
  }
  if (statement.text.length < MIN_STATEMENT) {
    findings.push(
      `policy "${name}" is ${statement.text.length} characters long; AgentCore wants ${MIN_STATEMENT} at least: write a space after each comma`,
    );
  }
  const { length } = statement.text.replaceAll(GATEWAY_ARN_PLACEHOLDER, LONGEST_GATEWAY_ARN);
  if (length > MAX_STATEMENT) {
    findings.push(
      `policy "${name}" is ${length} characters long with an ARN for ${GATEWAY_ARN_PLACEHOLDER}; AgentCore allows ${MAX_STATEMENT}: split it into several`,
    );
  }
  return findings;
}
