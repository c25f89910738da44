/** One statement of an IAM policy document, as it stands in a resolved template. */
export interface PolicyStatementJson {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: string | Readonly<Record<string, string | readonly string[]>>;
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** An IAM policy document, as it stands in a resolved template. */
export interface PolicyDocumentJson {
  readonly Version?: string;
  readonly Statement: readonly PolicyStatementJson[];
}

const STATEMENT_KEYS = new Set([
  'Sid',
  'Effect',
  'Principal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);

/**
 * Reads a resolved value as a policy document.
 *
 * Fails on anything it does not understand: an evaluation over half a policy would be a wrong answer.
 */
export function policyDocument(value: unknown, where: string): PolicyDocumentJson {
  if (!isRecord(value) || value.Statement === undefined) {
    throw new Error(`${where} is not a policy document: ${JSON.stringify(value)}; expected an object with Statement`);
  }
  const statements = Array.isArray(value.Statement) ? (value.Statement as unknown[]) : [value.Statement];
  const version = String(value.Version ?? '2008-10-17');
  if (version !== '2012-10-17' && JSON.stringify(statements).includes('${')) {
    throw new Error(
      `${where} has policy variables, which mean nothing in version ${version}; give it version 2012-10-17`,
    );
  }
  return { Version: version, Statement: statements.map((s) => statement(s, where)) };
}

function statement(value: unknown, where: string): PolicyStatementJson {
  if (!isRecord(value) || (value.Effect !== 'Allow' && value.Effect !== 'Deny')) {
    throw new Error(`${where} has a statement without the effect Allow or Deny: ${JSON.stringify(value)}`);
  }
  const unknown = Object.keys(value).filter((key) => !STATEMENT_KEYS.has(key));
  if (unknown.length > 0) {
    throw new Error(`${where} has a statement with ${unknown.join(', ')}, which the evaluator does not know`);
  }
  for (const key of ['Action', 'NotAction', 'Resource', 'NotResource']) {
    if (value[key] !== undefined && !list(value[key]).every((item) => typeof item === 'string')) {
      throw new Error(`${where} has a ${key} that is not text: ${JSON.stringify(value[key])}`);
    }
  }
  return value as unknown as PolicyStatementJson;
}

/** A value that IAM allows as one item or as a list of them, as a list. */
export function list<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
