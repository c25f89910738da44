import { RefusedRequest } from '../protocol.ts';

/** A body that is not what the contract allows; `what` names the field, what it is and what is allowed. */
export function invalid(what: string): RefusedRequest {
  return new RefusedRequest('INVALID_REQUEST', `The request is not valid: ${what}.`);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) {
    return true;
  }
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

/** What a wrong value is, without repeating it. */
export function kindOf(value: unknown): string {
  if (value === undefined) {
    return 'missing';
  }
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}

/** The start of a text that somebody else wrote, for a message. */
export function quoted(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : kindOf(value);
}

export function refuseUnknownFields(body: Record<string, unknown>, known: readonly string[], form: string): void {
  const unknown = Object.keys(body).find((field) => !known.includes(field));
  if (unknown !== undefined) {
    throw invalid(`${quoted(unknown)} is no field of ${form}, which has: ${known.join(', ')}`);
  }
}

export function optionalBoolean(name: string, value: unknown): boolean | undefined {
  if (value !== undefined && typeof value !== 'boolean') {
    throw invalid(`"${name}" must be true or false, not ${kindOf(value)}`);
  }
  return value;
}

/** A text that says something. */
export function readText(name: string, value: unknown): string {
  if (typeof value !== 'string') {
    throw invalid(`${name} must be a text, not ${kindOf(value)}`);
  }
  if (value.trim() === '') {
    throw invalid(`${name} is empty: give a text, or leave it out where it is not needed`);
  }
  return value;
}

export function readList(name: string, value: unknown, max: number): unknown[] {
  if (!Array.isArray(value)) {
    throw invalid(`${name} must be a list, not ${kindOf(value)}`);
  }
  if (value.length > max) {
    throw invalid(`${name} has ${value.length} entries: at most ${max} are read`);
  }
  return value;
}
