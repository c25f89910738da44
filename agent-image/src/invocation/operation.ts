import type { Operation } from '../protocol.ts';
import { invalid, kindOf, quoted } from './fields.ts';
import type { Invocation } from './invocation.ts';

const OPERATIONS: readonly Operation[] = ['health', 'attach', 'cancel', 'flush'];

/** Reads what is asked of the session besides runs. `after` belongs to `attach` alone. */
export function readOperation(field: string, value: unknown, after: unknown, stream: boolean): Invocation {
  const kind = OPERATIONS.find((known) => known === value);
  if (kind === undefined) {
    throw invalid(`"${field}" must be one of ${OPERATIONS.join(', ')}, not ${quoted(value)}`);
  }
  if (kind === 'attach') {
    return { kind, after: readAfter(after), stream };
  }
  if (after !== undefined) {
    throw invalid('"after" belongs to "attach" alone');
  }
  return { kind, stream: false };
}

function readAfter(value: unknown): number {
  if (value === undefined) {
    return 0;
  }
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw invalid(
      `"after" must be the number of an event, 0 or more, not ${typeof value === 'number' ? value : kindOf(value)}`,
    );
  }
  return value;
}
