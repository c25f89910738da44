/**
 * Reading values of a synthesized template. A value can be an intrinsic function that only the deployment resolves: what
 * can be known of it is kept as text with marked gaps, and nothing is ever filled in.
 */

/** Private-use characters around the name of what is not known, so that no real text is taken for a gap. */
const OPEN = '\uE000';
const CLOSE = '\uE001';
const GAP = new RegExp(`${OPEN}[^${OPEN}${CLOSE}]*${CLOSE}`, 'g');

/** Stands for a value inside something that only the deployment resolves. */
export const UNKNOWN: unique symbol = Symbol('known at deployment only');

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The name and the argument of an intrinsic function; undefined for a plain value. */
export function intrinsic(value: unknown): readonly [name: string, argument: unknown] | undefined {
  if (!isRecord(value)) return undefined;
  const [entry, ...others] = Object.entries(value);
  if (entry === undefined || others.length > 0) return undefined;
  return entry[0] === 'Ref' || entry[0].startsWith('Fn::') ? entry : undefined;
}

/**
 * The value at a path of property names.
 *
 * @returns undefined where it is not set, `UNKNOWN` where something on the way is an intrinsic function, otherwise the value
 * as the template has it
 */
export function at(value: unknown, ...path: readonly string[]): unknown {
  const [step, ...rest] = path;
  const [name, argument] = intrinsic(value) ?? [];
  if (name === 'Ref' && argument === 'AWS::NoValue') return undefined;
  if (step === undefined) return value ?? undefined;
  if (name !== undefined || value === UNKNOWN) return UNKNOWN;
  return isRecord(value) ? at(value[step], ...rest) : undefined;
}

/** Whether a value is set but will only be known at deployment. */
export function isUnknown(value: unknown): boolean {
  return value === UNKNOWN || intrinsic(value) !== undefined;
}

/** The items of a list; undefined where the value is no list, or one that only the deployment knows. */
export function items(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value.map((item) => at(item)).filter((item) => item !== undefined) : undefined;
}

/** Whether a list is missing or known to be empty. */
export function isEmptyList(value: unknown): boolean {
  return value === undefined || items(value)?.length === 0;
}

/** The items of a list, or the one value that stands for a list of one, as IAM and CloudFormation allow. */
export function oneOrMore(value: unknown): readonly unknown[] {
  return value === undefined ? [] : (items(value) ?? [value]);
}

/** The text of a value, with gaps for what is not known; undefined where the value is no text. */
export function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const [name, argument] = intrinsic(value) ?? [];
  if (name === undefined) return undefined;
  if (name === 'Fn::Join') return joined(argument);
  if (name === 'Fn::Sub') return substituted(argument);
  if (name === 'Fn::GetAtt') return gap(oneOrMore(argument).map(String).join('.'));
  return gap(name === 'Ref' ? String(argument) : name);
}

/** The text of a value that is wholly known; undefined for everything else. */
export function literal(value: unknown): string | undefined {
  const rendered = text(value);
  return rendered !== undefined && isLiteral(rendered) ? rendered : undefined;
}

/** The number that a value is, or is the text of; undefined for everything else. */
export function number(value: unknown): number | undefined {
  const known = literal(value);
  return known !== undefined && /^-?\d+(\.\d+)?$/.test(known) ? Number(known) : undefined;
}

export function isLiteral(rendered: string): boolean {
  return !rendered.includes(OPEN);
}

/** The name of what is not known at the end of the text, `LogicalId.Attribute`; undefined where the end is known. */
export function gapAtEnd(rendered: string): string | undefined {
  return rendered.endsWith(CLOSE) ? rendered.slice(rendered.lastIndexOf(OPEN) + 1, -1) : undefined;
}

/** The text without its gaps: no more than what is known to be in it. */
export function knownPart(rendered: string): string {
  return rendered.replace(GAP, '');
}

/** The text with each gap as one character that stands for no other, for patterns over colons and slashes. */
export function withPlainGaps(rendered: string): string {
  return rendered.replace(GAP, CLOSE);
}

/** The parts of the text between colons, of which those inside gaps do not count. */
export function fields(rendered: string): string[] {
  return rendered.split(new RegExp(`:(?![^${OPEN}${CLOSE}]*${CLOSE})`));
}

/** The text for people: gaps as `<LogicalId.Attribute>`. */
export function printed(rendered: string): string {
  return rendered.replaceAll(OPEN, '<').replaceAll(CLOSE, '>');
}

/** Every `Ref`, `Fn::GetAtt` and `Fn::ImportValue` under a value, those in other functions included. */
export function references(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (!isRecord(value)) return [];
  const [name, argument] = intrinsic(value) ?? [];
  if (name === 'Ref' || name === 'Fn::GetAtt' || name === 'Fn::ImportValue') return [value];
  return [...(name === 'Fn::Sub' ? substitutedReferences(argument) : []), ...Object.values(value).flatMap(references)];
}

function gap(name: string): string {
  return `${OPEN}${name}${CLOSE}`;
}

function joined(argument: unknown): string {
  const [separator, parts] = items(argument) ?? [];
  const list = items(parts);
  if (typeof separator !== 'string' || list === undefined) return gap('Fn::Join');
  return list.map((part) => text(part) ?? gap('Fn::Join')).join(separator);
}

function substituted(argument: unknown): string {
  const [template, variables] = oneOrMore(argument);
  if (typeof template !== 'string') return gap('Fn::Sub');
  return template.replace(/\$\{(!?)([^}]*)\}/g, (_, isEscaped: string, name: string) => {
    if (isEscaped !== '') return `\${${name}}`;
    return text(at(variables, name)) ?? gap(name);
  });
}

/** What the names in the text of an `Fn::Sub` refer to. */
function substitutedReferences(argument: unknown): unknown[] {
  const [template, variables] = oneOrMore(argument);
  if (typeof template !== 'string') return [];
  return [...template.matchAll(/\$\{([^!}][^}]*)\}/g)]
    .map(([, name = '']) => name)
    .filter((name) => at(variables, name) === undefined)
    .map((name) => (name.includes('.') ? { 'Fn::GetAtt': name } : { Ref: name }));
}
