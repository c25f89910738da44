import type { IncomingHttpHeaders } from 'node:http';
import { RequestFault } from '../http-messages';

/** What a writer expects to find under the key. */
export interface WriteConditions {
  /** ETag of the object that is to be replaced. */
  readonly ifMatch?: string;
  /** True when there must be none. */
  readonly ifAbsent?: boolean;
}

/** @throws RequestFault 501 for an If-None-Match other than `*`, as S3 for writes */
export function readWriteConditions(headers: IncomingHttpHeaders): WriteConditions {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw new RequestFault(501, 'NotImplemented', `If-None-Match is "${ifNoneMatch}"; a write takes * only`);
  }
  return {
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(ifNoneMatch === undefined ? {} : { ifAbsent: true }),
  };
}

/** @throws RequestFault 412 when another object is there than expected, 404 when there is none */
export function requireWriteConditions(etag: string | undefined, { ifMatch, ifAbsent }: WriteConditions): void {
  if (ifAbsent === true && etag !== undefined) throw failed('If-None-Match');
  if (ifMatch === undefined) return;
  if (etag === undefined) throw new RequestFault(404, 'NoSuchKey', 'the key that If-Match is about does not exist');
  if (!matches(ifMatch, etag)) throw failed('If-Match');
}

/** What a reader already has, from the headers of a read or, with `x-amz-copy-source-` before them, of a copy. */
export interface ReadConditions {
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
  readonly ifModifiedSince?: string;
  readonly ifUnmodifiedSince?: string;
}

export function readReadConditions(headers: IncomingHttpHeaders, prefix = ''): ReadConditions {
  const value = (name: string): string | undefined => headers[`${prefix}${name}`]?.toString();
  const [ifMatch, ifNoneMatch] = [value('if-match'), value('if-none-match')];
  const [ifModifiedSince, ifUnmodifiedSince] = [value('if-modified-since'), value('if-unmodified-since')];
  return {
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
    ...(ifModifiedSince === undefined ? {} : { ifModifiedSince }),
    ...(ifUnmodifiedSince === undefined ? {} : { ifUnmodifiedSince }),
  };
}

/**
 * Whether an object fits what a reader asks for. The ETag decides where both it and a date are given, as in RFC 9110.
 *
 * @returns the status when it does not: 412 when it is another object than asked for, 304 when the reader has it already
 */
export function readOutcome(
  { etag, modified }: { readonly etag: string; readonly modified: number },
  { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince }: ReadConditions,
): 200 | 304 | 412 {
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, etag)) return 412;
  } else if (ifUnmodifiedSince !== undefined && modified > Date.parse(ifUnmodifiedSince)) return 412;
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, etag) ? 304 : 200;
  return ifModifiedSince !== undefined && modified <= Date.parse(ifModifiedSince) ? 304 : 200;
}

export function failed(condition: string): RequestFault {
  return new RequestFault(412, 'PreconditionFailed', `At least one of the pre-conditions did not hold: ${condition}`);
}

function matches(condition: string, etag: string): boolean {
  return condition
    .split(',')
    .map((one) => one.trim())
    .some((one) => one === '*' || one.replaceAll('"', '') === etag.replaceAll('"', ''));
}
