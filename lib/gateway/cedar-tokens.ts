/** A part of a Cedar text that is not white space or a comment. */
export interface CedarToken {
  readonly kind: 'word' | 'string' | 'sign';
  /** As written, quotes included. */
  readonly text: string;
  /** Offset of the first character. */
  readonly start: number;
  /** Offset after the last character. */
  readonly end: number;
}

/** White space and comments. A run of either is read in one way only, or reading would take exponential time. */
const BLANK = /(?:\s|\/\/[^\n]*(?:\n|$))*/y;

/** A string, a word or number, or a sign ("Grammar" in the Cedar reference). */
const TOKEN = /("(?:[^"\\]|\\[^])*")|([A-Za-z_]\w*|\d+)|(::|==|!=|<=|>=|&&|\|\||[-+*!<>(){}[\],;.:@?=])/y;

/** The tokens of `text`, or the offset of the first character that begins none. */
export function cedarTokens(text: string): readonly CedarToken[] | { readonly strayAt: number } {
  const tokens: CedarToken[] = [];
  for (let end = 0; ;) {
    const start = afterBlank(text, end);
    if (start === text.length) return tokens;
    TOKEN.lastIndex = start;
    const match = TOKEN.exec(text);
    if (match === null) return { strayAt: start };
    const [token, string, word] = match;
    end = start + token.length;
    const kind = string === undefined ? (word === undefined ? 'sign' : 'word') : 'string';
    tokens.push({ kind, text: token, start, end });
  }
}

function afterBlank(text: string, from: number): number {
  BLANK.lastIndex = from;
  BLANK.exec(text);
  return BLANK.lastIndex;
}

/** The value of a string token. */
export function unquoted({ text }: CedarToken): string {
  const control: Record<string, string> = { n: '\n', r: '\r', t: '\t', 0: '\0' };
  return text
    .slice(1, -1)
    .replace(/\\(?:u\{([0-9a-fA-F]{1,6})\}|([^]))/g, (_, code: string | undefined, character = '') =>
      code === undefined ? (control[character as string] ?? character) : codePoint(code),
    );
}

function codePoint(hex: string): string {
  const code = parseInt(hex, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : '';
}

/** `value` as a string of Cedar. */
export function quoted(value: string): string {
  const control: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0' };
  return `"${value.replace(/["\\\n\r\t\0]/g, (character) => control[character] ?? `\\${character}`)}"`;
}

/** The number of the line, from 1, in which the character at `offset` stands. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
