import type { RequestContext } from '../../../../lib/testing';
import { RequestFault } from '../../http-messages';
import type { StoredObject } from '../bucket';
import { bucketOf, NAMESPACE, numberOf, type S3Call } from '../call';
import { listPage, type Page } from '../list-page';
import { element, sendXml, textElement } from '../../xml';

const MAX_KEYS = 1_000;

/** ListObjectsV2, and ListObjects for those who have not moved on. */
export function listObjects(call: S3Call): void {
  const { query, res, bucketName } = call;
  const bucket = bucketOf(call);
  call.gate.require('s3:ListBucket', { bucket: bucketName }, listContext(call));
  const isSecond = query['list-type'] === '2';
  const { prefix = '', delimiter = '' } = query;
  const maxKeys = Math.min(numberOf(call, 'max-keys', { from: 0, to: 2 ** 31 - 1, absent: MAX_KEYS }), MAX_KEYS);
  const encode = encoding(call);
  const token = query['continuation-token'];
  const last = !isSecond ? query.marker : token === undefined ? undefined : readToken(token);
  const startAfter = isSecond ? query['start-after'] : undefined;
  const page = listPage(bucket, {
    prefix,
    delimiter,
    maxKeys,
    ...(last === undefined || last === '' ? {} : { last }),
    ...(startAfter === undefined || startAfter === '' ? {} : { startAfter }),
  });
  const isTruncated = page.last !== undefined;
  sendXml(
    res,
    200,
    element(
      'ListBucketResult',
      [
        textElement('Name', bucketName),
        textElement('Prefix', encode(prefix)),
        ...(delimiter === '' ? [] : [textElement('Delimiter', encode(delimiter))]),
        textElement('MaxKeys', maxKeys),
        ...(query['encoding-type'] === 'url' ? [textElement('EncodingType', 'url')] : []),
        textElement('IsTruncated', isTruncated),
        ...(isSecond
          ? secondVersion(call, page, encode)
          : [
              textElement('Marker', encode(query.marker ?? '')),
              ...(page.last === undefined ? [] : [textElement('NextMarker', encode(page.last))]),
            ]),
        ...page.objects.map((object) => element('Contents', describeObject(object, encode))),
        ...page.prefixes.map((one) => element('CommonPrefixes', [textElement('Prefix', encode(one))])),
      ],
      NAMESPACE,
    ),
  );
}

/** ListObjectVersions: the latest version of each object, which is the only one that is kept, as version `null`. */
export function listVersions(call: S3Call): void {
  const { query, res, bucketName } = call;
  const bucket = bucketOf(call);
  call.gate.require('s3:ListBucketVersions', { bucket: bucketName }, listContext(call));
  const { prefix = '', delimiter = '', 'key-marker': marker = '' } = query;
  const maxKeys = Math.min(numberOf(call, 'max-keys', { from: 0, to: 2 ** 31 - 1, absent: MAX_KEYS }), MAX_KEYS);
  const encode = encoding(call);
  const page = listPage(bucket, { prefix, delimiter, maxKeys, ...(marker === '' ? {} : { last: marker }) });
  sendXml(
    res,
    200,
    element(
      'ListVersionsResult',
      [
        textElement('Name', bucketName),
        textElement('Prefix', encode(prefix)),
        textElement('KeyMarker', encode(marker)),
        ...(delimiter === '' ? [] : [textElement('Delimiter', encode(delimiter))]),
        textElement('MaxKeys', maxKeys),
        ...(query['encoding-type'] === 'url' ? [textElement('EncodingType', 'url')] : []),
        textElement('IsTruncated', page.last !== undefined),
        ...(page.last === undefined
          ? []
          : [textElement('NextKeyMarker', encode(page.last)), textElement('NextVersionIdMarker', 'null')]),
        ...page.objects.map((object) =>
          element('Version', [
            ...describeObject(object, encode),
            textElement('VersionId', 'null'),
            textElement('IsLatest', true),
          ]),
        ),
        ...page.prefixes.map((one) => element('CommonPrefixes', [textElement('Prefix', encode(one))])),
      ],
      NAMESPACE,
    ),
  );
}

function describeObject(
  { key, modified, etag, checksum, size, headers }: StoredObject,
  encode: (text: string) => string,
): string[] {
  return [
    textElement('Key', encode(key)),
    textElement('LastModified', new Date(modified).toISOString()),
    textElement('ETag', etag),
    ...(checksum === undefined
      ? []
      : [textElement('ChecksumAlgorithm', checksum.algorithm), textElement('ChecksumType', checksum.type)]),
    textElement('Size', size),
    textElement('StorageClass', headers['x-amz-storage-class'] ?? 'STANDARD'),
  ];
}

function secondVersion({ query }: S3Call, page: Page, encode: (text: string) => string): string[] {
  const { 'continuation-token': token, 'start-after': startAfter } = query;
  return [
    textElement('KeyCount', page.objects.length + page.prefixes.length),
    ...(token === undefined ? [] : [textElement('ContinuationToken', token)]),
    ...(startAfter === undefined ? [] : [textElement('StartAfter', encode(startAfter))]),
    ...(page.last === undefined
      ? []
      : [textElement('NextContinuationToken', Buffer.from(page.last).toString('base64'))]),
  ];
}

/** The condition keys of a listing; one that is not in the query has no value. */
function listContext({ query }: S3Call): RequestContext {
  return Object.fromEntries(
    ['prefix', 'delimiter', 'max-keys'].flatMap((name) => {
      const value = query[name];
      return value === undefined ? [] : [[`s3:${name}`, value]];
    }),
  );
}

/** @throws RequestFault 400 for an encoding that is not known */
export function encoding({ query }: S3Call): (text: string) => string {
  const type = query['encoding-type'];
  if (type === undefined || type === '') return (text) => text;
  if (type !== 'url') throw new RequestFault(400, 'InvalidArgument', `encoding-type is "${type}"; expected url`);
  return (text) => encodeURIComponent(text).replaceAll('%2F', '/');
}

function readToken(token: string): string {
  const key = Buffer.from(token, 'base64').toString();
  if (key === '') throw new RequestFault(400, 'InvalidArgument', 'the continuation-token was not given out here');
  return key;
}
