import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RequestFault } from '../../http-messages';
import type { StoredObject } from '../bucket';
import { bucketOf, header, NAMESPACE, type S3Call } from '../call';
import { checksumHeaders } from '../checksum';
import { failed, readOutcome, readReadConditions } from '../conditions';
import { element, sendXml } from '../../xml';

/** What a caller may have the answer say instead of what is kept. */
const OVERRIDES = [
  'content-type',
  'content-language',
  'expires',
  'cache-control',
  'content-disposition',
  'content-encoding',
] as const;

/** GetObject and HeadObject. */
export async function readObject(call: S3Call): Promise<void> {
  const { req, res, query } = call;
  const bucket = bucketOf(call);
  const object = requireObject(call);
  const outcome = readOutcome(object, readReadConditions(req.headers));
  if (outcome === 412) throw failed('If-Match or If-Unmodified-Since');
  if (outcome === 304) {
    res.writeHead(304, { etag: object.etag, 'last-modified': new Date(object.modified).toUTCString() }).end();
    return;
  }

  const range = readRange(header(call, 'range'), object.size);
  const [start, end] = range ?? [0, object.size];
  const wantsChecksum = header(call, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED' && range === undefined;
  const overrides = OVERRIDES.flatMap((name) => {
    const value = query[`response-${name}`];
    return value === undefined ? [] : [[name, value] as const];
  });
  const status = range === undefined ? 200 : 206;
  const headers = {
    ...object.headers,
    ...Object.fromEntries(overrides),
    'accept-ranges': 'bytes',
    'content-length': end - start,
    etag: object.etag,
    'last-modified': new Date(object.modified).toUTCString(),
    ...(range === undefined
      ? {}
      : { 'content-range': `bytes ${String(start)}-${String(end - 1)}/${String(object.size)}` }),
    ...(wantsChecksum ? checksumHeaders(object.checksum) : {}),
  };
  if (req.method === 'HEAD') {
    res.writeHead(status, headers).end();
    return;
  }
  const segments = bucket.data.open(object.segments);
  try {
    res.writeHead(status, headers);
    await pipeline(Readable.from(segments.read(start, end), { objectMode: false }), res);
  } catch (error) {
    // A reader that has seen enough goes away; nothing is wrong with that.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  } finally {
    segments.close();
  }
}

/** GetObjectTagging: no object has tags, because writes that would give it some are refused. */
export function objectTags(call: S3Call): void {
  call.gate.require('s3:GetObjectTagging', { bucket: call.bucketName, key: call.key });
  requireObject(call);
  sendXml(call.res, 200, element('Tagging', [element('TagSet', [])], NAMESPACE));
}

/**
 * The object that a call reads.
 *
 * @throws RequestFault 404, but 403 to callers who may not know which keys there are
 */
export function requireObject(call: S3Call, bucketName = call.bucketName, key = call.key): StoredObject {
  const bucket = call.store.bucket(bucketName);
  call.gate.require('s3:GetObject', { bucket: bucketName, key });
  const object = bucket.get(key);
  if (object !== undefined) return object;
  // As on AWS, the prefix is no part of this request: a permission to list one prefix does not help here.
  if (call.gate.allows('s3:ListBucket', { bucket: bucketName })) {
    throw new RequestFault(404, 'NoSuchKey', 'The specified key does not exist.');
  }
  throw new RequestFault(
    403,
    'AccessDenied',
    'the key does not exist, which only a caller that may do s3:ListBucket on the whole bucket is told',
  );
}

/**
 * Reads a Range header: start, and end after the last byte. Undefined when the whole object is to be sent, which goes for
 * several ranges and for what is no range as well.
 *
 * @throws RequestFault 416 when the object has no such byte
 */
export function readRange(text: string | undefined, size: number): readonly [number, number] | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(text ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first !== '' && last !== '' && Number(first) > Number(last)) return undefined;
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(Number(last) + 1, size);
  if (start >= end) {
    throw new RequestFault(
      416,
      'InvalidRange',
      `the range "${text ?? ''}" has no byte of the object, which has ${String(size)}`,
      { 'content-range': `bytes */${String(size)}` },
    );
  }
  return [start, end];
}
