import type { DetailedError, SourceLabel } from '@cedar-policy/cedar-wasm/nodejs';
import { cedarEngine } from './cedar-engine';
import { cedarSchema, isDocumented } from './cedar-schema';
import { lineOf } from './cedar-tokens';
import { qualifiedToolName } from './gateway-tool-spec';
import { namesOpenTarget } from './policy-references';
import type { PolicyScope, WrittenPolicy } from './policy-source';

/** What the Cedar engine says of policies. */
export interface CedarVerdict {
  /** What AgentCore refuses. */
  readonly errors: string[];
  /** What AgentCore may refuse: its guide does not say how it reads the schemas that this is about. */
  readonly doubts: string[];
  /** Policies that never apply. */
  readonly unreachable: string[];
  /** Names of policies of which only the syntax was looked at, because only the service knows their tools. */
  readonly unchecked: string[];
}

/** Key of the one policy in a call of the engine. */
const KEY = 'policy';

/** Checks syntax and types of policies by the schema of their tools; undefined without the Cedar engine. */
export function validatePolicies(policies: readonly WrittenPolicy[], scope: PolicyScope): CedarVerdict | undefined {
  const cedar = cedarEngine();
  if (cedar === undefined) return undefined;
  const schema = cedarSchema(scope.tools, scope.callers);
  const verdict: CedarVerdict = { errors: [], doubts: [], unreachable: [], unchecked: [] };
  for (const policy of policies) {
    const staticPolicies = { [KEY]: policy.statement.text };
    const parsed = cedar.checkParsePolicySet({ staticPolicies });
    if (parsed.type === 'failure') {
      verdict.errors.push(...parsed.errors.map((error) => sentence(policy, error)));
      continue;
    }
    if (namesOpenTarget(policy, scope)) {
      verdict.unchecked.push(policy.name);
      continue;
    }
    const answer = cedar.validate({ schema, policies: { staticPolicies } });
    const errors = answer.type === 'failure' ? answer.errors : answer.validationErrors.map(({ error }) => error);
    (isFullyDocumented(policy, scope) ? verdict.errors : verdict.doubts).push(
      ...errors.map((error) => sentence(policy, error)),
    );
    if (errors.length === 0 && answer.type === 'success' && answer.validationWarnings.length > 0) {
      verdict.unreachable.push(policy.name);
    }
  }
  return verdict;
}

/** Whether the guide says of every tool that the policy is about how its schema is read. */
function isFullyDocumented({ statement }: WrittenPolicy, { tools }: PolicyScope): boolean {
  const ids = statement.action.map(({ id }) => id);
  return tools
    .filter((tool) => ids.length === 0 || ids.includes(qualifiedToolName(tool)) || ids.includes(tool.target))
    .every(({ inputSchema: { properties = {} } }) => Object.values(properties).every(isDocumented));
}

function sentence(policy: WrittenPolicy, { message, help, sourceLocations = [] }: DetailedError): string {
  const said = message.replace(/^(for policy `.*?`, |failed to parse policy with id `.*?` from string: )/, '');
  const advice = help === null ? '' : `; ${help.replace(/^for policy `.*?`, /, '')}`;
  return `policy "${policy.name}" is wrong${placeOf(policy, sourceLocations[0])}: ${said}${advice}${decimalAdvice(said)}`;
}

function placeOf({ place, statement: { line, text } }: WrittenPolicy, location: SourceLabel | undefined): string {
  return place === undefined || location === undefined
    ? ''
    : ` (${place}, line ${line + lineOf(text, location.start) - 1})`;
}

/** The trap of a limit for a field of type number: `<` is for whole numbers only. */
function decimalAdvice(said: string): string {
  return /\bdecimal\b/.test(said) && /\bLong\b/.test(said)
    ? '; an input field of type number is a decimal in Cedar: declare it integer, or write .lessThan(decimal("1000.0")) and the like'
    : '';
}
