import type { Bucket, StoredObject } from './bucket';
import { compareKeys } from './key-index';

export interface PageRequest {
  readonly prefix: string;
  /** Keys are summed up to what comes before it behind the prefix; empty for none. */
  readonly delimiter: string;
  readonly maxKeys: number;
  /** What the page before ended with: a key, or a prefix that stood for many. */
  readonly last?: string;
  /** A key that the first page starts after. */
  readonly startAfter?: string;
}

export interface Page {
  readonly objects: readonly StoredObject[];
  readonly prefixes: readonly string[];
  /** What the page ends with; undefined when nothing follows. */
  readonly last?: string;
}

/** One page of the keys of a bucket. What a common prefix stands for is jumped over, not read. */
export function listPage(bucket: Bucket, { prefix, delimiter, maxKeys, last, startAfter }: PageRequest): Page {
  const { keys } = bucket;
  const commonPrefix = (key: string): string | undefined => {
    const end = delimiter === '' || !key.startsWith(prefix) ? -1 : key.indexOf(delimiter, prefix.length);
    return end < 0 ? undefined : key.slice(0, end + delimiter.length);
  };
  const following = (position: string): string | undefined =>
    commonPrefix(position) === position ? keys.afterPrefix(position) : keys.after(position);
  const candidates = [
    keys.from(prefix),
    ...(last === undefined ? [] : [following(last)]),
    ...(startAfter === undefined ? [] : [keys.after(startAfter)]),
  ];

  const objects: StoredObject[] = [];
  const prefixes: string[] = [];
  let key = candidates.includes(undefined) ? undefined : candidates.map(String).sort(compareKeys).at(-1);
  let end: string | undefined;
  while (key?.startsWith(prefix) === true) {
    // With no key wanted there is nothing to go on from, so that the listing is over.
    if (objects.length + prefixes.length >= maxKeys)
      return { objects, prefixes, ...(end === undefined ? {} : { last: end }) };
    const common = commonPrefix(key);
    const object = common === undefined ? bucket.get(key) : undefined;
    if (object !== undefined) objects.push(object);
    if (common !== undefined) prefixes.push(common);
    end = common ?? key;
    key = following(end);
  }
  return { objects, prefixes };
}
