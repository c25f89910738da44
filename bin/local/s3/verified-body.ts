import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { RequestFault } from '../http-messages';
import { decodeAwsChunked, type ChunkHash, type ChunkVerifier } from './aws-chunked';
import {
  checksumHeader,
  createDigest,
  readAlgorithm,
  statedChecksum,
  type Checksum,
  type ChecksumAlgorithm,
} from './checksum';

/** Source: "Amazon S3 multipart upload limits" and PutObject, 5 GiB for one request. */
const MAX_BYTES = 5 * 1024 ** 3;

/** What is known of a body once it has been read to its end. */
export interface BodySummary {
  readonly size: number;
  readonly md5: Buffer;
  readonly checksum?: Checksum;
}

/**
 * The body of a request, to be read once, in pieces. The end is only reached when everything that the caller stated about
 * it is true: length, MD5, SHA-256, checksum (in a header or after the body) and, in a signed stream, each signature.
 */
export class VerifiedBody implements AsyncIterable<Buffer> {
  private readonly headers: IncomingHttpHeaders;
  private read?: BodySummary;

  /**
   * @param req its body has not been read yet
   * @param verifier of signed chunks; where nobody signs, their signatures are not looked at
   */
  constructor(
    private readonly req: IncomingMessage,
    private readonly verifier?: ChunkVerifier,
  ) {
    this.headers = req.headers;
  }

  /** What was read; only known at the end. */
  public get summary(): BodySummary {
    if (this.read === undefined) throw new Error('the body has not been read to its end');
    return this.read;
  }

  /**
   * The whole body, for small documents.
   *
   * @param checksumOf what a checksum in the headers is of; that of an object is not checked here
   */
  public async text(limit: number, checksumOf: 'body' | 'object' = 'body'): Promise<string> {
    const pieces: Buffer[] = [];
    let room = limit;
    for await (const piece of this.pieces(checksumOf === 'body')) {
      room -= piece.length;
      if (room < 0) throw new RequestFault(400, 'MalformedXML', `the document is larger than ${String(limit)} bytes`);
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString();
  }

  public [Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    return this.pieces(true);
  }

  private async *pieces(hasChecksum: boolean): AsyncGenerator<Buffer> {
    const { headers } = this;
    const expectedSize = statedSize(headers);
    const stated = hasChecksum ? statedChecksum(headers) : undefined;
    const algorithm = hasChecksum ? (stated?.algorithm ?? announcedAlgorithm(headers)) : undefined;
    const contentHash = header(headers, 'x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD';
    const sha256 = /^[0-9a-f]{64}$/.test(contentHash) ? createHash('sha256') : undefined;
    const md5 = createHash('md5');
    const digest = algorithm === undefined ? undefined : createDigest(algorithm);
    const trailers = new Map<string, string>();

    let size = 0;
    for await (const piece of this.decoded(contentHash, trailers)) {
      size += piece.length;
      if (size > MAX_BYTES) throw tooLarge();
      md5.update(piece);
      sha256?.update(piece);
      digest?.update(piece);
      yield piece;
    }

    if (expectedSize !== undefined && size !== expectedSize) {
      throw new RequestFault(
        400,
        'IncompleteBody',
        `the body has ${String(size)} bytes; its headers say ${String(expectedSize)}`,
      );
    }
    if (sha256 !== undefined && sha256.digest('hex') !== contentHash) {
      throw new RequestFault(
        400,
        'XAmzContentSHA256Mismatch',
        'the header x-amz-content-sha256 is not the hash of the body',
      );
    }
    const md5Bytes = md5.digest();
    requireMd5(header(headers, 'content-md5'), md5Bytes);
    const value = digest?.digest().toString('base64');
    if (algorithm === undefined || value === undefined) {
      this.read = { size, md5: md5Bytes };
      return;
    }
    const expected = stated?.value ?? trailers.get(checksumHeader(algorithm));
    requireChecksum(algorithm, expected, value, headers);
    this.read = { size, md5: md5Bytes, checksum: { algorithm, value, type: 'FULL_OBJECT' } };
  }

  private decoded(contentHash: string, trailers: Map<string, string>): AsyncIterable<Buffer> {
    const source = this.req as AsyncIterable<Buffer>;
    const isFramed =
      contentHash.startsWith('STREAMING-') || /\baws-chunked\b/.test(String(this.headers['content-encoding']));
    if (!isFramed) return source;
    const isSigned = contentHash.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD');
    const { verifier } = this;
    return decodeAwsChunked(
      source,
      trailers,
      isSigned && verifier !== undefined ? { verifier, hash: sha256OfChunks() } : undefined,
    );
  }
}

function sha256OfChunks(): ChunkHash {
  let hash = createHash('sha256');
  return {
    update: (data) => {
      hash.update(data);
    },
    end: () => {
      const digest = hash.digest('hex');
      hash = createHash('sha256');
      return digest;
    },
  };
}

function statedSize(headers: IncomingHttpHeaders): number | undefined {
  const decoded = header(headers, 'x-amz-decoded-content-length');
  const isFramed = String(headers['x-amz-content-sha256']).startsWith('STREAMING-');
  const text = decoded ?? (isFramed ? undefined : header(headers, 'content-length'));
  if (text === undefined) {
    // Without a body, clients leave the length out.
    if (headers['transfer-encoding'] === undefined && !isFramed) return 0;
    throw new RequestFault(
      411,
      'MissingContentLength',
      'the length of the body is not stated; send Content-Length or x-amz-decoded-content-length',
    );
  }
  const size = Number(text);
  if (!/^\d+$/.test(text)) {
    throw new RequestFault(400, 'InvalidArgument', `"${text}" is not the length of a body`);
  }
  if (size > MAX_BYTES) throw tooLarge();
  return size;
}

/** The algorithm of a checksum that follows the body, or that is only asked for. */
function announcedAlgorithm(headers: IncomingHttpHeaders): ChecksumAlgorithm | undefined {
  const trailer = /^x-amz-checksum-(\w+)$/i.exec(header(headers, 'x-amz-trailer') ?? '')?.[1];
  const name = trailer ?? header(headers, 'x-amz-sdk-checksum-algorithm');
  return name === undefined ? undefined : readAlgorithm(name);
}

function requireMd5(stated: string | undefined, md5: Buffer): void {
  if (stated === undefined) return;
  if (Buffer.from(stated, 'base64').length !== 16) {
    throw new RequestFault(400, 'InvalidDigest', `the Content-MD5 "${stated}" is not 16 bytes in base64`);
  }
  if (stated !== md5.toString('base64')) {
    throw new RequestFault(400, 'BadDigest', 'the Content-MD5 is not the MD5 of the body');
  }
}

function requireChecksum(
  algorithm: ChecksumAlgorithm,
  stated: string | undefined,
  actual: string,
  headers: IncomingHttpHeaders,
): void {
  if (stated === undefined && headers['x-amz-trailer'] !== undefined) {
    throw new RequestFault(400, 'MalformedTrailerError', `the trailer ${checksumHeader(algorithm)} did not come`);
  }
  if (stated !== undefined && stated !== actual) {
    throw new RequestFault(400, 'BadDigest', `the ${algorithm} of the body is ${actual}; the request says ${stated}`);
  }
}

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

function tooLarge(): RequestFault {
  return new RequestFault(
    400,
    'EntityTooLarge',
    `the body is larger than ${String(MAX_BYTES)} bytes, the most one request can put; use a multipart upload`,
  );
}
