import { cedarTokens, lineOf, unquoted, type CedarToken } from './cedar-tokens';

/** What a statement names: an entity, or all entities of a type. */
export interface EntityReference {
  /** With its namespace, as in `AgentCore::Action`. */
  readonly type: string;
  /** @default - every entity of the type */
  readonly id?: string;
}

/** One `permit` or `forbid`. */
export interface CedarStatement {
  /** From the effect to the semicolon, as written. */
  readonly text: string;
  /** The line where it begins, from 1. */
  readonly line: number;
  readonly effect: 'permit' | 'forbid';
  /** Annotations before the effect; one without a value has an empty one. */
  readonly annotations: Readonly<Record<string, string>>;
  /** What its three parts name between the parentheses; nothing where a part is left open. */
  readonly principal: readonly EntityReference[];
  readonly action: readonly EntityReference[];
  readonly resource: readonly EntityReference[];
  /** Everything it names, conditions included. */
  readonly references: readonly EntityReference[];
  /** Whether it has a `when` or an `unless`. */
  readonly conditional: boolean;
}

/**
 * The statements of a Cedar text. Understands what lies around expressions, not expressions themselves: the Cedar engine
 * or the service finds what is wrong there.
 *
 * @returns a finding instead where the text cannot be cut into statements
 */
export function readCedar(text: string): { readonly statements: CedarStatement[]; readonly findings: string[] } {
  const tokens = cedarTokens(text);
  if ('strayAt' in tokens) {
    const line = lineOf(text, tokens.strayAt);
    return {
      statements: [],
      findings: [
        `line ${line} has ${JSON.stringify(text[tokens.strayAt])}, which begins nothing in Cedar; is a quote missing?`,
      ],
    };
  }
  const statements: CedarStatement[] = [];
  for (let from = 0; from < tokens.length;) {
    const length = tokens.slice(from).findIndex(({ kind, text: sign }) => kind === 'sign' && sign === ';') + 1;
    const part = length === 0 ? tokens.slice(from) : tokens.slice(from, from + length);
    const statement = length === 0 ? undefined : statementOf(text, part);
    if (statement === undefined) {
      const line = lineOf(text, part[0]?.start ?? 0);
      return {
        statements: [],
        findings: [
          `the statement in line ${line} is not Cedar; write permit or forbid, then (principal, action, resource), conditions if need be, and a semicolon`,
        ],
      };
    }
    statements.push(statement);
    from += length;
  }
  return { statements, findings: [] };
}

function statementOf(source: string, tokens: readonly CedarToken[]): CedarStatement | undefined {
  const { annotations, rest } = readAnnotations(tokens);
  const [effect, open] = rest;
  const scope = scopeOf(rest.slice(2));
  const last = rest.at(-1);
  if (effect === undefined || last === undefined || open?.text !== '(' || scope === undefined) return undefined;
  if (effect.text !== 'permit' && effect.text !== 'forbid') return undefined;
  const [principal, action, resource] = scope.parts.map(referencesOf);
  if (principal === undefined || action === undefined || resource === undefined) return undefined;
  return {
    text: source.slice(effect.start, last.end),
    line: lineOf(source, effect.start),
    effect: effect.text,
    annotations,
    principal,
    action,
    resource,
    references: referencesOf(rest),
    conditional: scope.after.some(({ kind, text }) => kind === 'word' && (text === 'when' || text === 'unless')),
  };
}

function readAnnotations(tokens: readonly CedarToken[]) {
  const annotations: Record<string, string> = {};
  let at = 0;
  while (tokens[at]?.text === '@') {
    const [, name, open, value, close] = tokens.slice(at);
    const hasValue = open?.text === '(' && value?.kind === 'string' && close?.text === ')';
    annotations[name?.text ?? ''] = hasValue ? unquoted(value) : '';
    at += hasValue ? 5 : 2;
  }
  return { annotations, rest: tokens.slice(at) };
}

/** The three parts between the parentheses, and what follows these. */
function scopeOf(tokens: readonly CedarToken[]) {
  const parts: CedarToken[][] = [[]];
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'sign') {
      if (depth === 0 && token.text === ')') {
        if (parts.at(-1)?.length === 0) parts.pop();
        const names = parts.map(([first]) => first?.text).join();
        return names === 'principal,action,resource' ? { parts, after: tokens.slice(index + 1) } : undefined;
      }
      if (token.text === '[') depth += 1;
      if (token.text === ']') depth -= 1;
      if (depth === 0 && token.text === ',') {
        parts.push([]);
        continue;
      }
    }
    parts.at(-1)?.push(token);
  }
  return undefined;
}

function referencesOf(tokens: readonly CedarToken[]): EntityReference[] {
  const references: EntityReference[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const path: string[] = [];
    while (tokens[at]?.kind === 'word' && tokens[at + 1]?.text === '::') {
      path.push(tokens[at]?.text ?? '');
      at += 2;
    }
    const last = tokens[at];
    if (path.length === 0 || last === undefined) continue;
    references.push(
      last.kind === 'string'
        ? { type: path.join('::'), id: unquoted(last) }
        : { type: [...path, last.text].join('::') },
    );
  }
  return references;
}
