import { list, type PolicyStatementJson } from './policy';

/** Values of the condition keys of one request; the names are compared without regard to case, as IAM does. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

type Compare = (actual: string, expected: string) => boolean;

const equalsIgnoringCase: Compare = (actual, expected) => actual.toLowerCase() === expected.toLowerCase();
const equals: Compare = (actual, expected) => actual === expected;
const like: Compare = (actual, expected) => matchesPattern(expected, actual);
/** IAM compares the six parts of an ARN one by one, so a wildcard never reaches into the next part. */
const arnLike: Compare = (actual, expected) => {
  const [values, patterns] = [arnParts(actual), arnParts(expected)];
  return values.length === 6 && patterns.length === 6 && patterns.every((part, i) => like(values[i] ?? '', part));
};
const number =
  (compare: (a: number, b: number) => boolean): Compare =>
  (actual, expected) =>
    compare(Number(actual), Number(expected));

/** The comparison of each operator; `negated` operators are true when no expected value matches. */
const OPERATORS: Readonly<Record<string, { readonly compare: Compare; readonly negated?: boolean }>> = {
  StringEquals: { compare: equals },
  StringNotEquals: { compare: equals, negated: true },
  StringEqualsIgnoreCase: { compare: equalsIgnoringCase },
  StringNotEqualsIgnoreCase: { compare: equalsIgnoringCase, negated: true },
  StringLike: { compare: like },
  StringNotLike: { compare: like, negated: true },
  ArnEquals: { compare: arnLike },
  ArnNotEquals: { compare: arnLike, negated: true },
  ArnLike: { compare: arnLike },
  ArnNotLike: { compare: arnLike, negated: true },
  Bool: { compare: equalsIgnoringCase },
  NumericEquals: { compare: number((a, b) => a === b) },
  NumericNotEquals: { compare: number((a, b) => a === b), negated: true },
  NumericLessThan: { compare: number((a, b) => a < b) },
  NumericLessThanEquals: { compare: number((a, b) => a <= b) },
  NumericGreaterThan: { compare: number((a, b) => a > b) },
  NumericGreaterThanEquals: { compare: number((a, b) => a >= b) },
};

/** Operators that read `*` and `?` in the expected value as wildcards. */
const PATTERN_OPERATORS = /^(String(Not)?Like|Arn(Not)?(Equals|Like))$/;

/**
 * True when every condition of `statement` holds for `context`.
 *
 * Throws on an operator it does not know, because a skipped condition would answer "allowed" where AWS denies.
 */
export function conditionsHold(statement: PolicyStatementJson, context: RequestContext): boolean {
  const actual = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), list<string>(value)]));
  return Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, expected]) =>
      holds(operator, actual.get(key.toLowerCase()), list<string>(expected).map(String), context),
    ),
  );
}

function holds(
  operator: string,
  actual: readonly string[] | undefined,
  expected: readonly string[],
  context: RequestContext,
): boolean {
  if (operator === 'Null') return (actual === undefined) === (expected[0] === 'true');

  const parts = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator);
  const name = parts?.[2] ?? '';
  const rule = OPERATORS[name];
  if (rule === undefined) {
    throw new Error(`condition operator ${operator} is not known to the evaluator; known are ${knownOperators()}`);
  }

  const [, quantifier, , ifExists] = parts ?? [];
  // A key without a value satisfies ForAllValues, IfExists and the negated operators, and no other.
  if (actual === undefined || actual.length === 0) {
    if (quantifier !== undefined) return quantifier === 'ForAllValues';
    return ifExists !== undefined || rule.negated === true;
  }
  const patterns = PATTERN_OPERATORS.test(name);
  const wanted = expected.flatMap((value) => {
    const substituted = substituteVariables(value, context, patterns);
    if (substituted === undefined && rule.negated === true) throw new Error(undecidable(operator, value));
    return substituted ?? [];
  });
  const one = (value: string): boolean => {
    const matched = wanted.some((candidate) => rule.compare(value, candidate));
    return rule.negated === true ? !matched : matched;
  };
  return quantifier === 'ForAllValues' || (rule.negated === true && quantifier === undefined)
    ? actual.every(one)
    : actual.some(one);
}

/** The ARN's partition, service, Region, account and so on; the last part keeps its colons. */
function arnParts(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

/** A negated element with a variable that has no value: what AWS decides is not documented, so nothing is decided. */
export function undecidable(element: string, text: string): string {
  return `${element} with ${text} cannot be evaluated: a variable in it has no value; give it in the context`;
}

function knownOperators(): string {
  return ['Null', ...Object.keys(OPERATORS)].join(', ');
}

/**
 * Replaces the policy variables of `text` by the request's values.
 *
 * In a pattern the value is inserted literally (a `*` inside a session tag is a character, not a wildcard).
 * Returns undefined when a variable has no value: such an element matches nothing.
 */
export function substituteVariables(text: string, context: RequestContext, pattern: boolean): string | undefined {
  const values = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]));
  let complete = true;
  const replaced = text.replace(/\$\{([^}]*)\}/g, (_, variable: string) => {
    if (variable === '*' || variable === '?' || variable === '$') return pattern ? escapePattern(variable) : variable;
    if (variable.includes(','))
      throw new Error(`policy variable \${${variable}} has a default, which is not evaluated`);
    const value = values.get(variable.toLowerCase());
    if (typeof value !== 'string') {
      complete = false;
      return '';
    }
    return pattern ? escapePattern(value) : value;
  });
  return complete ? replaced : undefined;
}

const LITERAL_STAR = '\u0001';
const LITERAL_QUESTION = '\u0002';

function escapePattern(value: string): string {
  return value.replaceAll('*', LITERAL_STAR).replaceAll('?', LITERAL_QUESTION);
}

/** True when `value` fits an IAM pattern, in which `*` stands for any run of characters and `?` for one. */
export function matchesPattern(pattern: string, value: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[\\s\\S]*')
    .replaceAll('?', '[\\s\\S]')
    .replaceAll(LITERAL_STAR, '\\*')
    .replaceAll(LITERAL_QUESTION, '\\?');
  return new RegExp(`^${source}$`).test(value);
}
