import { decodePercent, RequestFault } from '../../http-messages';
import type { Bucket, StoredObject } from '../bucket';
import { bucketOf, header, NAMESPACE, writeContext, type S3Call } from '../call';
import { checksumHeaders } from '../checksum';
import { failed, readOutcome, readReadConditions, readWriteConditions, type WriteConditions } from '../conditions';
import { element, sendXml, textElement } from '../../xml';
import { requireObject } from './object-reading';

/** Source: "Creating object key names", 1,024 bytes of UTF-8. */
const MAX_KEY_BYTES = 1_024;

const KEPT_HEADERS =
  /^(content-(type|language|disposition|encoding)|cache-control|expires|x-amz-meta-.+|x-amz-storage-class|x-amz-server-side-encryption(-aws-kms-key-id)?|x-amz-website-redirect-location)$/;

/** PutObject. */
export async function putObject(call: S3Call): Promise<void> {
  const { body, res, key } = call;
  const bucket = bucketOf(call);
  requirePut(call);
  const conditions = readWriteConditions(call.req.headers);
  const segment = await bucket.data.write(body);
  const { size, md5, checksum } = body.summary;
  const etag = `"${md5.toString('hex')}"`;
  const object = put(
    bucket,
    {
      key,
      etag,
      size,
      segments: [segment],
      headers: keptHeaders(call),
      ...(checksum === undefined ? {} : { checksum }),
    },
    conditions,
  );
  res.writeHead(200, { etag: object.etag, 'content-length': 0, ...checksumHeaders(checksum), ...encryption(object) });
  res.end();
}

/** CopyObject. The bytes are shared, not copied. */
export async function copyObject(call: S3Call): Promise<void> {
  const bucket = bucketOf(call);
  const source = copySource(call);
  const from = requireObject(call, source.bucket, source.key);
  requirePut(call);
  const conditions = readWriteConditions(call.req.headers);
  if (readOutcome(from, readReadConditions(call.req.headers, 'x-amz-copy-source-')) !== 200) {
    throw failed('x-amz-copy-source-if-…');
  }
  const replaces = header(call, 'x-amz-metadata-directive')?.toUpperCase() === 'REPLACE';
  if (!replaces && source.bucket === call.bucketName && source.key === call.key) {
    throw new RequestFault(
      400,
      'InvalidRequest',
      'an object is copied onto itself without anything being changed; send x-amz-metadata-directive: REPLACE',
    );
  }
  const data = call.store.bucket(source.bucket).data;
  const segments =
    source.bucket === call.bucketName
      ? await Promise.all(from.segments.map((segment) => data.link(segment)))
      : [await copyBytes(data.open(from.segments), from.size, bucket)];
  const object = put(
    bucket,
    {
      key: call.key,
      etag: from.etag,
      size: from.size,
      segments,
      headers: replaces ? keptHeaders(call) : from.headers,
      ...(from.checksum === undefined ? {} : { checksum: from.checksum }),
    },
    conditions,
  );
  sendXml(
    call.res,
    200,
    element(
      'CopyObjectResult',
      [textElement('LastModified', new Date(object.modified).toISOString()), textElement('ETag', object.etag)],
      NAMESPACE,
    ),
  );
}

/** What of the headers is kept with an object. */
export function keptHeaders({ req }: S3Call): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(req.headers)) {
    if (KEPT_HEADERS.test(name) && value !== undefined) kept[name] = String(value);
  }
  // The framing of the transfer is no property of the object.
  const encoding = kept['content-encoding']
    ?.split(',')
    .map((one) => one.trim())
    .filter((one) => one !== 'aws-chunked');
  if (encoding !== undefined && encoding.length === 0) delete kept['content-encoding'];
  else if (encoding !== undefined) kept['content-encoding'] = encoding.join(',');
  return { 'content-type': 'application/octet-stream', ...kept };
}

/** Puts an object that is complete; when it may not be put, its bytes go. */
function put(bucket: Bucket, content: Omit<StoredObject, 'modified'>, conditions: WriteConditions): StoredObject {
  try {
    return bucket.put(content, conditions);
  } catch (error) {
    bucket.data.drop(content.segments);
    throw error;
  }
}

/**
 * Requires that the caller may put an object with the key of `call`.
 *
 * @param creates see {@link writeContext}
 * @throws RequestFault 403, or 400 for a key that is too long
 */
export function requirePut(call: S3Call, creates = true): void {
  const target = { bucket: call.bucketName, key: call.key };
  call.gate.require('s3:PutObject', target, writeContext(call, creates));
  if (Buffer.byteLength(call.key) > MAX_KEY_BYTES) {
    throw new RequestFault(
      400,
      'KeyTooLongError',
      `the key has ${String(Buffer.byteLength(call.key))} bytes; at most ${String(MAX_KEY_BYTES)} are allowed`,
    );
  }
}

/**
 * The object that `x-amz-copy-source` names.
 *
 * @throws RequestFault 400 when it names none, or an old version
 */
export function copySource(call: S3Call): { readonly bucket: string; readonly key: string } {
  const text = header(call, 'x-amz-copy-source') ?? '';
  const [path = '', version] = text.replace(/^\//, '').split('?versionId=');
  const [bucket = '', key = ''] = decodePercent(path).split(/\/(.*)/s);
  if (bucket === '' || key === '') {
    throw new RequestFault(400, 'InvalidArgument', `x-amz-copy-source is "${text}"; expected <bucket>/<key>`);
  }
  if (version !== undefined && version !== 'null') throw new RequestFault(404, 'NoSuchVersion', noVersions());
  return { bucket, key };
}

/** What is said wherever a version is asked for. */
export function noVersions(): string {
  return 'only the latest version of an object is kept in a local run; leave versionId out';
}

async function copyBytes(
  source: ReturnType<Bucket['data']['open']>,
  size: number,
  { data }: Bucket,
): ReturnType<Bucket['data']['write']> {
  try {
    return await data.write(source.read(0, size));
  } finally {
    source.close();
  }
}

function encryption({ headers }: StoredObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith('x-amz-server-side-encryption')),
  );
}
