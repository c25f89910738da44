import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';
import { decodePercent, RequestFault } from './http-messages';
import { Sha256 } from './sha256';

const ALGORITHM = 'AWS4-HMAC-SHA256';
export const CONTENT_HASH = 'x-amz-content-sha256';
const S3 = 's3';
/** How far the clocks of caller and service may be apart, as on AWS. */
export const MAX_CLOCK_SKEW_MS = 5 * 60_000;

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

/** What a signature, in the header or in the address of a request, says about who signed, and for which service. */
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
  const claim = readClaim(parts.get('Credential'), parts.get('SignedHeaders'), parts.get('Signature'));
  if (claim === undefined) {
    throw new RequestFault(
      400,
      'IncompleteSignatureException',
      'the Authorization header needs Credential=<key>/<date>/<region>/<service>/aws4_request, SignedHeaders and Signature',
    );
  }
  return claim;
}

/** The parts of a signature; undefined when one is missing or malformed. */
export function readClaim(
  credential: string | undefined,
  headers: string | undefined,
  signature: string | undefined,
): SignatureClaim | undefined {
  const [accessKeyId, date, region, service, end] = credential?.split('/') ?? [];
  if (!accessKeyId || !date || !headers || !signature || end !== 'aws4_request') return undefined;
  if (!isScopePart(region) || !isScopePart(service)) return undefined;
  return { accessKeyId, date, region, service, signedHeaders: headers.split(';'), signature };
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
  requireToken(request.headers['x-amz-security-token'], credentials);
  // The signature covers only the hash that the caller states, so the statement itself has to be true. With S3, whose
  // bodies are not held in memory, that is seen while the body is read.
  const statedHash = request.headers[CONTENT_HASH];
  if (claim.service === S3) {
    if (!claim.signedHeaders.includes(CONTENT_HASH)) throw mismatch(`the header ${CONTENT_HASH} is not signed`);
  } else if (statedHash !== undefined && statedHash !== createHash('sha256').update(request.body).digest('hex')) {
    throw mismatch(`the header ${CONTENT_HASH} is not the hash of the body`);
  }

  const expected = await sign(
    { ...request, headers: signedHeaders(request, claim) },
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
  requireSignature(claim, readSignature(expected.authorization)?.signature);
}

/** @throws RequestFault 403 when the session token is not the one that belongs to the credentials */
export function requireToken(token: unknown, credentials: AwsCredentials): void {
  if (token === credentials.sessionToken) return;
  throw new RequestFault(
    403,
    'UnrecognizedClientException',
    'the security token of the request is not the one given out with its access key',
  );
}

/**
 * The headers that a signature covers.
 *
 * @throws RequestFault 403 when one is missing, or the host is not covered
 */
export function signedHeaders(request: WireRequest, claim: SignatureClaim): Record<string, string> {
  if (!claim.signedHeaders.includes('host')) throw mismatch('the header host is not signed');
  const headers: Record<string, string> = {};
  for (const name of claim.signedHeaders) {
    const value = request.headers[name];
    if (value === undefined) throw mismatch(`the signed header ${name} is not in the request`);
    headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return headers;
}

/** @throws RequestFault 403 when the signature is not the expected one */
export function requireSignature(claim: SignatureClaim, expected = ''): void {
  if (equal(expected, claim.signature)) return;
  throw mismatch('the signature does not match the request; check the secret key and the signed path');
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
  const signer = createSigner({ credentials, region, service });
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

/** A signer by the rules of the service: S3 alone signs its paths as they are, encoded once. */
export function createSigner({ credentials, region, service }: Omit<SigningOptions, 'signingDate'>): SignatureV4 {
  return new SignatureV4({
    credentials,
    region,
    service,
    sha256: Sha256,
    applyChecksum: false,
    uriEscapePath: service !== S3,
  });
}

/** The decoded query of an address, in the form that the signer takes. */
export function readQuery(search = ''): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const pair of search.split('&').filter((part) => part !== '')) {
    const [name = '', value = ''] = pair.split(/=(.*)/s).map(decodePercent);
    const earlier = query[name];
    query[name] = earlier === undefined ? value : [earlier, value].flat();
  }
  return query;
}

/** `YYYYMMDDTHHMMSSZ`. */
export function readDate(text: string | string[] | undefined): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(text));
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts.map(Number);
  return new Date(Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second));
}

export function mismatch(detail: string): RequestFault {
  return new RequestFault(403, 'SignatureDoesNotMatch', `The request signature is not valid: ${detail}.`);
}

function equal(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
