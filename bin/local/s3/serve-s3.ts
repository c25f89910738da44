import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodePercent, RequestFault } from '../http-messages';
import { readQuery } from '../sigv4';
import type { ChunkVerifier } from './aws-chunked';
import type { Gate, S3Call } from './call';
import {
  bucketLocation,
  bucketVersioning,
  createBucket,
  deleteBucket,
  headBucket,
  listBuckets,
} from './operations/buckets';
import { listObjects, listVersions } from './operations/listing';
import {
  abortUpload,
  completeUpload,
  copyPart,
  createUpload,
  listParts,
  listUploads,
  uploadPart,
} from './operations/multipart';
import { deleteObject, deleteObjects } from './operations/object-deletion';
import { objectTags, readObject } from './operations/object-reading';
import { copyObject, noVersions, putObject } from './operations/object-writing';
import type { S3Store } from './store';
import { VerifiedBody } from './verified-body';
import { element, sendXml, textElement } from '../xml';

type Operation = (call: S3Call) => void | Promise<void>;

/** Operations by method, what is addressed, and the parameter of the query that names a part of it (`-` for none). */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'GET service -': listBuckets,
  'PUT bucket -': createBucket,
  'DELETE bucket -': deleteBucket,
  'HEAD bucket -': headBucket,
  'GET bucket -': listObjects,
  'GET bucket location': bucketLocation,
  'GET bucket versioning': bucketVersioning,
  'GET bucket versions': listVersions,
  'GET bucket uploads': listUploads,
  'POST bucket delete': deleteObjects,
  'GET object -': readObject,
  'HEAD object -': readObject,
  'GET object tagging': objectTags,
  'PUT object -': putObject,
  'PUT object copy': copyObject,
  'DELETE object -': deleteObject,
  'POST object uploads': createUpload,
  'PUT object uploadId': uploadPart,
  'PUT object uploadId copy': copyPart,
  'POST object uploadId': completeUpload,
  'DELETE object uploadId': abortUpload,
  'GET object uploadId': listParts,
};

/** Parameters that belong to an operation without naming another one. */
const PLAIN_PARAMETER =
  /^(x-id|list-type|prefix|delimiter|max-keys|marker|start-after|continuation-token|encoding-type|fetch-owner|partNumber|part-number-marker|max-parts|max-uploads|key-marker|upload-id-marker|version-id-marker|versions|versionId|response-.+|[Xx]-[Aa]mz-.+|location|uploads|uploadId|delete|versioning|tagging)$/;
const SUB_RESOURCES = ['location', 'versioning', 'versions', 'uploads', 'uploadId', 'delete', 'tagging'] as const;

/** Headers that would change what is done, in a way that is not done here. */
const REFUSED_HEADERS =
  /^x-amz-(server-side-encryption-customer-.+|copy-source-server-side-encryption-customer-.+|object-lock-.+|write-offset-bytes|grant-.+|tagging|tagging-directive)$/;

/** What S3 calls what the rest of the run calls otherwise. */
const CODES: Readonly<Record<string, string>> = {
  AccessDeniedException: 'AccessDenied',
  ExpiredTokenException: 'ExpiredToken',
  InternalServerException: 'InternalError',
  UnrecognizedClientException: 'InvalidAccessKeyId',
  ValidationException: 'InvalidURI',
};

export interface S3Service {
  readonly store: S3Store;
  readonly gate: Gate;
  readonly region: string;
  /** Checks signed chunks; without it their signatures are not looked at. */
  readonly verifier?: ChunkVerifier;
}

/**
 * Answers one request to S3, whose body has not been read.
 *
 * @throws RequestFault with the codes of S3; {@link sendS3Fault} answers with it
 */
export async function serveS3(
  { store, gate, region, verifier }: S3Service,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const [, search] = (req.url ?? '/').split(/\?(.*)/s);
  const query = Object.fromEntries(
    Object.entries(readQuery(search)).map(([name, value]) => [name, [value].flat()[0] ?? '']),
  );
  const address = s3Address(req);
  const operation = findOperation(req, query, address);
  res.setHeader('x-amz-request-id', randomUUID());
  await operation({
    store,
    gate,
    region,
    req,
    res,
    query,
    body: new VerifiedBody(req, verifier),
    bucketName: address.bucket ?? '',
    key: address.key ?? '',
  });
}

/** The form in which S3 reports an error; the answer to HEAD has none. */
export function sendS3Fault(req: IncomingMessage, res: ServerResponse, fault: RequestFault): void {
  const code = CODES[fault.code] ?? fault.code;
  if (req.method === 'HEAD') {
    res.writeHead(fault.status, fault.headers).end();
    return;
  }
  const requestId = res.getHeader('x-amz-request-id');
  sendXml(
    res,
    fault.status,
    element('Error', [
      textElement('Code', code),
      textElement('Message', fault.message),
      textElement('Resource', (req.url ?? '/').split('?')[0] ?? '/'),
      textElement('RequestId', typeof requestId === 'string' ? requestId : randomUUID()),
    ]),
    fault.headers,
  );
}

/** Bucket and key: in the path or, for `<bucket>.localhost`, the bucket in the name of the host. */
function s3Address({ url = '/', headers: { host = '' } }: IncomingMessage): { bucket?: string; key?: string } {
  const path = (url.split('?')[0] ?? '/').slice(1);
  const [, virtualHost] = /^(.+)\.localhost(?::\d+)?$/.exec(host) ?? [];
  const [first = '', rest = ''] = virtualHost === undefined ? path.split(/\/(.*)/s) : [virtualHost, path];
  if (first === '') return {};
  const bucket = decodePercent(first);
  return rest === '' ? { bucket } : { bucket, key: decodePercent(rest) };
}

function findOperation(
  req: IncomingMessage,
  query: Readonly<Record<string, string>>,
  { bucket, key }: { readonly bucket?: string; readonly key?: string },
): Operation {
  const { method = 'GET', headers } = req;
  const unknown = [
    ...Object.keys(query).filter((name) => !PLAIN_PARAMETER.test(name)),
    ...Object.keys(headers).filter((name) => REFUSED_HEADERS.test(name)),
  ];
  const scope = bucket === undefined ? 'service' : key === undefined ? 'bucket' : 'object';
  const part = SUB_RESOURCES.find((name) => query[name] !== undefined);
  const copies = headers['x-amz-copy-source'] === undefined ? '' : part === undefined ? 'copy' : ' copy';
  const operation = OPERATIONS[`${method} ${scope} ${part ?? (copies === '' ? '-' : '')}${copies}`];
  if (query.partNumber !== undefined && part === undefined) unknown.push('partNumber');
  if (operation === undefined || unknown.length > 0) {
    throw new RequestFault(
      501,
      'NotImplemented',
      `${method} of ${scope === 'service' ? 'the service' : `a ${scope}`} with ${[part, ...unknown].filter((name) => name !== undefined).join(', ') || 'nothing else'} is not run locally`,
    );
  }
  if (query.versionId !== undefined && query.versionId !== 'null') {
    throw new RequestFault(404, 'NoSuchVersion', noVersions());
  }
  return operation;
}
