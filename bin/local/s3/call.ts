import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestContext } from '../../../lib/testing';
import { RequestFault } from '../http-messages';
import type { Bucket } from './bucket';
import type { S3Store } from './store';
import type { VerifiedBody } from './verified-body';

/** The namespace of S3's documents. */
export const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** What is acted on: a bucket, or the object with a key in it. Neither for what concerns all buckets. */
export interface S3Target {
  readonly bucket?: string;
  readonly key?: string;
}

/** Decides what the caller may do. */
export interface Gate {
  /** @throws RequestFault 403 AccessDenied */
  require(action: string, target: S3Target, context?: RequestContext): void;
  /** The same, for what is not asked for but decides on the answer. */
  allows(action: string, target: S3Target, context?: RequestContext): boolean;
}

/** One request, as far as every operation needs it. */
export interface S3Call {
  readonly store: S3Store;
  readonly gate: Gate;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The body, not read yet. */
  readonly body: VerifiedBody;
  /** Empty for requests to the service as such. */
  readonly bucketName: string;
  /** Empty for requests to a bucket. */
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  readonly region: string;
}

/** @throws RequestFault 404 */
export function bucketOf({ store, bucketName }: S3Call): Bucket {
  return store.bucket(bucketName);
}

export function header({ req }: S3Call, name: string): string | undefined {
  const value = req.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

/** Headers of a request that are condition keys as well. */
const CONDITION_HEADERS = [
  'x-amz-acl',
  'x-amz-storage-class',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-metadata-directive',
] as const;

/**
 * The condition keys of a write.
 *
 * @param creates whether the object is there once the request is done, which a part of an upload is not
 */
export function writeContext(call: S3Call, creates = true): RequestContext {
  const context: Record<string, string> = { 's3:ObjectCreationOperation': String(creates) };
  for (const name of CONDITION_HEADERS) {
    const value = header(call, name);
    if (value !== undefined) context[`s3:${name}`] = value;
  }
  for (const name of ['if-match', 'if-none-match']) {
    const value = header(call, name);
    if (value !== undefined) context[`s3:${name}`] = value;
  }
  return context;
}

/**
 * A number of the query.
 *
 * @throws RequestFault 400 for anything else
 */
export function numberOf(
  call: S3Call,
  name: string,
  { from, to, absent }: Readonly<Record<'from' | 'to' | 'absent', number>>,
): number {
  const text = call.query[name];
  if (text === undefined || text === '') return absent;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < from || number > to) {
    throw new RequestFault(
      400,
      'InvalidArgument',
      `${name} is "${text}"; expected a whole number from ${String(from)} to ${String(to)}`,
    );
  }
  return number;
}
