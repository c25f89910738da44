/** An expression of CloudWatch metric math, taken apart. */
export type MetricExpression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'id'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly MetricExpression[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly MetricExpression[] }
  | {
      readonly kind: 'operation';
      readonly operator: string;
      readonly left: MetricExpression;
      readonly right: MetricExpression;
    };

/** Operators by how tightly they bind; of one line, from left to right. */
const LEVELS = [['||'], ['&&'], ['==', '!=', '<=', '>=', '<', '>'], ['+', '-'], ['*', '/']];

const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|'([^']*)'|([A-Za-z_]\w*)|(\|\||&&|[=!<>]=|[-+*/<>()[\],]))/y;

interface Token {
  readonly kind: 'number' | 'text' | 'word' | 'sign';
  readonly text: string;
}

/**
 * Takes an expression apart: numbers, texts in single quotation marks, ids, calls, lists and operators.
 *
 * @throws Error with the place where it is not one
 */
export function parseMetricExpression(source: string): MetricExpression {
  return new Parser(source).whole();
}

class Parser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokensOf(source);
  }

  whole(): MetricExpression {
    const expression = this.#level(0);
    if (this.#next < this.#tokens.length) throw this.#unexpected();
    return expression;
  }

  #level(index: number): MetricExpression {
    const operators = LEVELS[index];
    if (operators === undefined) return this.#operand();
    let left = this.#level(index + 1);
    for (let sign = this.#sign(operators); sign !== undefined; sign = this.#sign(operators)) {
      left = { kind: 'operation', operator: sign, left, right: this.#level(index + 1) };
    }
    return left;
  }

  #operand(): MetricExpression {
    if (this.#sign(['-']) !== undefined) {
      return { kind: 'operation', operator: '-', left: { kind: 'number', value: 0 }, right: this.#operand() };
    }
    if (this.#sign(['(']) !== undefined) {
      const inner = this.#level(0);
      this.#expect(')');
      return inner;
    }
    if (this.#sign(['[']) !== undefined) return { kind: 'list', items: this.#items(']') };
    const token = this.#tokens[this.#next];
    if (token === undefined || token.kind === 'sign') throw this.#unexpected();
    this.#next += 1;
    if (token.kind === 'number') return { kind: 'number', value: Number(token.text) };
    if (token.kind === 'text') return { kind: 'text', value: token.text };
    if (this.#sign(['(']) === undefined) return { kind: 'id', name: token.text };
    return { kind: 'call', name: token.text, args: this.#items(')') };
  }

  #items(end: string): MetricExpression[] {
    const items: MetricExpression[] = [];
    if (this.#sign([end]) !== undefined) return items;
    do {
      items.push(this.#level(0));
    } while (this.#sign([',']) !== undefined);
    this.#expect(end);
    return items;
  }

  /** Takes the next token when it is one of these signs. */
  #sign(signs: readonly string[]): string | undefined {
    const token = this.#tokens[this.#next];
    if (token?.kind !== 'sign' || !signs.includes(token.text)) return undefined;
    this.#next += 1;
    return token.text;
  }

  #expect(sign: string): void {
    if (this.#sign([sign]) === undefined) throw this.#unexpected();
  }

  #unexpected(): Error {
    const found = this.#tokens[this.#next]?.text;
    return new Error(
      `the expression "${this.#source}" cannot be read: ${found === undefined ? 'its end' : `"${found}"`} is not expected where it is`,
    );
  }
}

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN);
  while (pattern.lastIndex < source.trimEnd().length) {
    const at = pattern.lastIndex;
    const [, number, text, word, sign] = pattern.exec(source) ?? [];
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (text !== undefined) tokens.push({ kind: 'text', text });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    else
      throw new Error(
        `the expression "${source}" cannot be read: "${source.slice(at).trim().slice(0, 10)}" is no part of one`,
      );
  }
  return tokens;
}
