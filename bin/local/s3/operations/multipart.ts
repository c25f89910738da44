import { createHash } from 'node:crypto';
import { RequestFault } from '../../http-messages';
import { bucketOf, header, NAMESPACE, numberOf, type S3Call } from '../call';
import { checksumHeaders, readAlgorithm, statedChecksum, type ChecksumType } from '../checksum';
import { failed, readOutcome, readReadConditions, readWriteConditions } from '../conditions';
import { checksumElement, chooseParts, objectChecksum, readWantedPart } from '../upload-completion';
import { element, parseXml, sendXml, textElement } from '../../xml';
import { encoding } from './listing';
import { copySource, keptHeaders, requirePut } from './object-writing';
import { readRange, requireObject } from './object-reading';

/** Source: "Amazon S3 multipart upload limits". */
const MAX_PARTS = 10_000;
const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024;

/** CreateMultipartUpload. */
export function createUpload(call: S3Call): void {
  const { key, bucketName } = call;
  const bucket = bucketOf(call);
  requirePut(call, false);
  const named = header(call, 'x-amz-checksum-algorithm');
  const algorithm = named === undefined ? undefined : readAlgorithm(named);
  // What S3 takes where nothing is said.
  const type = header(call, 'x-amz-checksum-type') ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  const upload = bucket.uploads.start({
    key,
    headers: keptHeaders(call),
    ...(algorithm === undefined ? {} : { algorithm, checksumType: readChecksumType(type) }),
  });
  sendXml(
    call.res,
    200,
    element(
      'InitiateMultipartUploadResult',
      [textElement('Bucket', bucketName), textElement('Key', key), textElement('UploadId', upload.id)],
      NAMESPACE,
    ),
    algorithm === undefined ? {} : { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type },
  );
}

/** UploadPart. */
export async function uploadPart(call: S3Call): Promise<void> {
  const { body, res } = call;
  const { bucket, number, id } = partOf(call);
  const segment = await bucket.data.write(body);
  const { md5, checksum } = body.summary;
  const etag = `"${md5.toString('hex')}"`;
  const part = { number, etag, segment, modified: Date.now(), ...(checksum === undefined ? {} : { checksum }) };
  bucket.uploads.putPart(id, call.key, part);
  res.writeHead(200, { etag, 'content-length': 0, ...checksumHeaders(checksum) }).end();
}

/** UploadPartCopy. */
export async function copyPart(call: S3Call): Promise<void> {
  const { bucket, number, id } = partOf(call);
  const source = copySource(call);
  const from = requireObject(call, source.bucket, source.key);
  if (readOutcome(from, readReadConditions(call.req.headers, 'x-amz-copy-source-')) !== 200) {
    throw failed('x-amz-copy-source-if-…');
  }
  const [start, end] = readRange(header(call, 'x-amz-copy-source-range'), from.size) ?? [0, from.size];
  const open = call.store.bucket(source.bucket).data.open(from.segments);
  const md5 = createHash('md5');
  const segment = await bucket.data
    .write(
      (async function* () {
        for await (const piece of open.read(start, end)) {
          md5.update(piece);
          yield piece;
        }
      })(),
    )
    .finally(open.close);
  const etag = `"${md5.digest('hex')}"`;
  const modified = Date.now();
  bucket.uploads.putPart(id, call.key, { number, etag, segment, modified });
  sendXml(
    call.res,
    200,
    element(
      'CopyPartResult',
      [textElement('LastModified', new Date(modified).toISOString()), textElement('ETag', etag)],
      NAMESPACE,
    ),
  );
}

/** CompleteMultipartUpload. The object is made of the files of the parts as they are. */
export async function completeUpload(call: S3Call): Promise<void> {
  const { key, bucketName, req, query } = call;
  const bucket = bucketOf(call);
  requirePut(call);
  const id = query.uploadId ?? '';
  const upload = bucket.uploads.get(id, key);
  const conditions = readWriteConditions(req.headers);
  // The headers may state the checksum of the object, which is not that of this document.
  const document = parseXml(await call.body.text(MAX_DOCUMENT_BYTES, 'object'));
  const wanted = document.children.filter(({ name }) => name === 'Part').map(readWantedPart);
  const parts = chooseParts(wanted, bucket.uploads.parts(id, key));
  const checksum = objectChecksum(upload, parts, statedChecksum(req.headers));
  const md5 = createHash('md5');
  for (const { etag } of parts) md5.update(Buffer.from(etag.replaceAll('"', ''), 'hex'));
  const object = bucket.put(
    {
      key,
      etag: `"${md5.digest('hex')}-${String(parts.length)}"`,
      size: parts.reduce((sum, { segment }) => sum + segment.size, 0),
      segments: parts.map(({ segment }) => segment),
      headers: upload.headers,
      ...(checksum === undefined ? {} : { checksum }),
    },
    conditions,
  );
  bucket.uploads.end(id, parts);
  sendXml(
    call.res,
    200,
    element(
      'CompleteMultipartUploadResult',
      [
        textElement('Location', `/${bucketName}/${encodeURIComponent(key)}`),
        textElement('Bucket', bucketName),
        textElement('Key', key),
        textElement('ETag', object.etag),
        ...(checksum === undefined
          ? []
          : [
              textElement(checksumElement(checksum.algorithm), checksum.value),
              textElement('ChecksumType', checksum.type),
            ]),
      ],
      NAMESPACE,
    ),
  );
}

/** AbortMultipartUpload. */
export function abortUpload(call: S3Call): void {
  const { key, bucketName, query, gate } = call;
  const bucket = bucketOf(call);
  gate.require('s3:AbortMultipartUpload', { bucket: bucketName, key });
  bucket.uploads.end(bucket.uploads.get(query.uploadId ?? '', key).id);
  call.res.writeHead(204).end();
}

/** ListParts. */
export function listParts(call: S3Call): void {
  const { key, bucketName, query, gate } = call;
  const bucket = bucketOf(call);
  gate.require('s3:ListMultipartUploadParts', { bucket: bucketName, key });
  const { id } = bucket.uploads.get(query.uploadId ?? '', key);
  const marker = numberOf(call, 'part-number-marker', { from: 0, to: MAX_PARTS, absent: 0 });
  const max = numberOf(call, 'max-parts', { from: 0, to: 2 ** 31 - 1, absent: 1_000 });
  const left = bucket.uploads.parts(id, key).filter(({ number }) => number > marker);
  const parts = left.slice(0, Math.min(max, 1_000));
  sendXml(
    call.res,
    200,
    element(
      'ListPartsResult',
      [
        textElement('Bucket', bucketName),
        textElement('Key', key),
        textElement('UploadId', id),
        textElement('PartNumberMarker', marker),
        textElement('NextPartNumberMarker', parts.at(-1)?.number ?? marker),
        textElement('MaxParts', max),
        textElement('IsTruncated', parts.length < left.length),
        ...parts.map(({ number, modified, etag, segment, checksum }) =>
          element('Part', [
            textElement('PartNumber', number),
            textElement('LastModified', new Date(modified).toISOString()),
            textElement('ETag', etag),
            textElement('Size', segment.size),
            ...(checksum === undefined ? [] : [textElement(checksumElement(checksum.algorithm), checksum.value)]),
          ]),
        ),
      ],
      NAMESPACE,
    ),
  );
}

/** ListMultipartUploads; all that fit the prefix on one page. */
export function listUploads(call: S3Call): void {
  const { bucketName, query, gate } = call;
  const bucket = bucketOf(call);
  gate.require('s3:ListBucketMultipartUploads', { bucket: bucketName });
  const encode = encoding(call);
  const uploads = bucket.uploads.all().filter(({ key }) => key.startsWith(query.prefix ?? ''));
  sendXml(
    call.res,
    200,
    element(
      'ListMultipartUploadsResult',
      [
        textElement('Bucket', bucketName),
        textElement('Prefix', encode(query.prefix ?? '')),
        textElement('IsTruncated', false),
        ...uploads.map(({ key, id, initiated }) =>
          element('Upload', [
            textElement('Key', encode(key)),
            textElement('UploadId', id),
            textElement('Initiated', new Date(initiated).toISOString()),
          ]),
        ),
      ],
      NAMESPACE,
    ),
  );
}

function partOf(call: S3Call): {
  readonly bucket: ReturnType<typeof bucketOf>;
  readonly number: number;
  readonly id: string;
} {
  const bucket = bucketOf(call);
  requirePut(call, false);
  const number = numberOf(call, 'partNumber', { from: 1, to: MAX_PARTS, absent: 0 });
  return { bucket, number, id: bucket.uploads.get(call.query.uploadId ?? '', call.key).id };
}

function readChecksumType(text: string): ChecksumType {
  if (text !== 'FULL_OBJECT' && text !== 'COMPOSITE') {
    throw new RequestFault(
      400,
      'InvalidRequest',
      `x-amz-checksum-type is "${text}"; expected FULL_OBJECT or COMPOSITE`,
    );
  }
  return text;
}
