import { isRecord } from '../../../lib/testing/policy';

/** What a reference within a document leads to; undefined where it leads nowhere, or out of it. */
export function referenced(root: unknown, reference: string): unknown {
  if (!reference.startsWith('#')) return undefined;
  const steps = reference.slice(1).split('/').slice(1);
  return steps.reduce<unknown>((at, step) => {
    const name = decoded(step);
    return isRecord(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }, root);
}

/** A step of a JSON Pointer in an address (RFC 6901). */
function decoded(step: string): string {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return step;
  }
}
