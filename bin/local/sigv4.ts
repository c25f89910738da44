import { createHash, createHmac, timingSafeEqual, type Hash, type Hmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';
import { decodePercent, RequestFault } from './http-messages';

const ALGORITHM = 'AWS4-HMAC-SHA256';
/** How far the clocks of caller and service may be apart, as on AWS. */
const MAX_CLOCK_SKEW_MS = 5 * 60_000;

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A request as it came over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Path and query, not decoded. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What an Authorization header says about who signed, and for which service. */
export interface SignatureClaim {
  readonly accessKeyId: string;
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/**
 * Reads an Authorization header; undefined when it is not a Signature Version 4.
 *
 * @throws RequestFault 400 when it is one and incomplete
 */
export function readSignature(authorization: string | undefined): SignatureClaim | undefined {
  if (authorization?.startsWith(ALGORITHM) !== true) return undefined;
  const parts = new Map(
    authorization
      .slice(ALGORITHM.length)
      .split(',')
      .map((part) => part.trim().split(/=(.*)/s) as [string, string | undefined]),
  );
  const [accessKeyId, date, region, service, end] = parts.get('Credential')?.split('/') ?? [];
  const signedHeaders = parts.get('SignedHeaders')?.split(';');
  const signature = parts.get('Signature');
  if (
    !accessKeyId ||
    !date ||
    !isScopePart(region) ||
    !isScopePart(service) ||
    end !== 'aws4_request' ||
    !signedHeaders ||
    !signature
  ) {
    throw new RequestFault(
      400,
      'IncompleteSignatureException',
      'the Authorization header needs Credential=<key>/<date>/<region>/<service>/aws4_request, SignedHeaders and Signature',
    );
  }
  return { accessKeyId, date, region, service, signedHeaders, signature };
}

/** Regions and services end up in host names, so nothing else than their own characters may pass. */
function isScopePart(text: string | undefined): text is string {
  return text !== undefined && /^[a-z0-9-]+$/.test(text);
}

/**
 * Checks that `request` was signed with `credentials`, by signing it again and comparing.
 *
 * @param now the service's clock
 * @throws RequestFault 403 with the code that AWS would give
 */
export async function verifySignature(
  request: WireRequest,
  claim: SignatureClaim,
  credentials: AwsCredentials,
  now: Date = new Date(),
): Promise<void> {
  const signingDate = readDate(request.headers['x-amz-date']);
  if (signingDate === undefined || !String(request.headers['x-amz-date']).startsWith(claim.date)) {
    throw mismatch('the header x-amz-date is missing, malformed or of another day than the credential scope');
  }
  if (Math.abs(now.getTime() - signingDate.getTime()) > MAX_CLOCK_SKEW_MS) {
    throw mismatch(`the signature is of ${signingDate.toISOString()}, more than five minutes from now`);
  }
  if (!claim.signedHeaders.includes('host')) throw mismatch('the header host is not signed');

  const token = request.headers['x-amz-security-token'];
  if (token !== credentials.sessionToken) {
    throw new RequestFault(
      403,
      'UnrecognizedClientException',
      'the security token of the request is not the one given out with its access key',
    );
  }
  // The signature covers only the hash that the caller states, so the statement itself has to be true.
  const statedHash = request.headers['x-amz-content-sha256'];
  if (statedHash !== undefined && statedHash !== createHash('sha256').update(request.body).digest('hex')) {
    throw mismatch('the header x-amz-content-sha256 is not the hash of the body');
  }

  const headers: Record<string, string> = {};
  for (const name of claim.signedHeaders) {
    const value = request.headers[name];
    if (value === undefined) throw mismatch(`the signed header ${name} is not in the request`);
    headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  const expected = await sign(
    { ...request, headers },
    {
      ...claim,
      signingDate,
      credentials: {
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: credentials.secretAccessKey,
        // Some clients add the token after signing; then it is not part of what is signed.
        ...(credentials.sessionToken !== undefined && claim.signedHeaders.includes('x-amz-security-token')
          ? { sessionToken: credentials.sessionToken }
          : {}),
      },
    },
  );
  if (!equal(readSignature(expected.authorization)?.signature ?? '', claim.signature)) {
    throw mismatch('the signature does not match the request; check the secret key and the signed path');
  }
}

export interface SigningOptions {
  readonly credentials: AwsCredentials;
  readonly region: string;
  readonly service: string;
  /** @default - now */
  readonly signingDate?: Date;
}

/** The headers of `request` with the date, the session token and the Authorization of a Signature Version 4. */
export async function sign(
  request: Omit<WireRequest, 'headers'> & { readonly headers: Readonly<Record<string, string>> },
  { credentials, region, service, signingDate = new Date() }: SigningOptions,
): Promise<Record<string, string>> {
  const [path = '/', search] = request.url.split(/\?(.*)/s);
  const signer = new SignatureV4({ credentials, region, service, sha256: Sha256, applyChecksum: false });
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: 'http:',
      hostname: request.headers.host ?? '',
      path,
      query: readQuery(search),
      headers: { ...request.headers },
      body: request.body,
    },
    { signingDate, signableHeaders: new Set(Object.keys(request.headers)) },
  );
  return signed.headers;
}

function readQuery(search = ''): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const pair of search.split('&').filter((part) => part !== '')) {
    const [name = '', value = ''] = pair.split(/=(.*)/s).map(decodePercent);
    const earlier = query[name];
    query[name] = earlier === undefined ? value : [earlier, value].flat();
  }
  return query;
}

/** `YYYYMMDDTHHMMSSZ`. */
function readDate(text: string | string[] | undefined): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(text));
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts.map(Number);
  return new Date(Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second));
}

function mismatch(detail: string): RequestFault {
  return new RequestFault(403, 'SignatureDoesNotMatch', `The request signature is not valid: ${detail}.`);
}

function equal(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** SHA-256, or HMAC-SHA-256 with a key, in the form the signer expects. */
class Sha256 {
  private readonly hash: Hash | Hmac;

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytes(key));
  }

  public update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.hash.update(bytes(data));
  }

  public digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest());
  }
}

function bytes(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
