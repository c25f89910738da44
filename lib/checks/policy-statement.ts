import { at, isLiteral, isRecord, isUnknown, oneOrMore, text } from './template-value';

/** One statement of a policy, as far as it is known. */
export interface PolicyStatement {
  readonly effect: unknown;
  readonly principal: unknown;
  /** Actions and patterns of actions that are wholly known. */
  readonly actions: readonly string[];
  /** Resources, with gaps for what is not known. */
  readonly resources: readonly string[];
  /** Resources as the template has them. */
  readonly resourceValues: readonly unknown[];
  /** The condition keys in lower case, with their values as far as they are text. */
  readonly conditions: ReadonlyMap<string, readonly string[]>;
}

/** The statements of a policy document; none where only the deployment knows it. */
export function statementsOf(document: unknown): PolicyStatement[] {
  return oneOrMore(at(document, 'Statement')).map((statement) => ({
    effect: at(statement, 'Effect'),
    principal: at(statement, 'Principal'),
    actions: texts(at(statement, 'Action')).filter(isLiteral),
    resources: texts(at(statement, 'Resource')),
    resourceValues: oneOrMore(at(statement, 'Resource')),
    conditions: conditionsOf(at(statement, 'Condition')),
  }));
}

/** Whether a statement allows one of these actions, by name or by pattern. */
export function allowsAny(statement: PolicyStatement, actions: readonly string[]): boolean {
  return (
    statement.effect === 'Allow' &&
    statement.actions.some((pattern) => actions.some((action) => matches(pattern, action)))
  );
}

/** Whether an IAM pattern with `*` and `?` matches an action; case does not count. */
export function matches(pattern: string, action: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern.toLowerCase() === action.toLowerCase();
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i').test(action);
}

/** What stands before the first wildcard. */
export function fixedPart(pattern: string): string {
  return pattern.split(/[*?]/, 1)[0] ?? '';
}

export function hasWildcard(pattern: string): boolean {
  return /[*?]/.test(pattern);
}

function texts(value: unknown): string[] {
  return oneOrMore(value)
    .map(text)
    .filter((found) => found !== undefined);
}

function conditionsOf(value: unknown): Map<string, readonly string[]> {
  const conditions = new Map<string, readonly string[]>();
  for (const [operator, keys] of isRecord(value) ? Object.entries(value) : []) {
    // A negated or absent key leaves everything else allowed.
    if (/not|^null$/i.test(operator) || !isRecord(keys) || isUnknown(keys)) continue;
    for (const [key, expected] of Object.entries(keys)) conditions.set(key.toLowerCase(), texts(expected));
  }
  return conditions;
}
