import { RequestFault } from './http-messages';
import {
  CONTENT_HASH,
  createSigner,
  MAX_CLOCK_SKEW_MS,
  mismatch,
  readClaim,
  readDate,
  readQuery,
  requireSignature,
  requireToken,
  signedHeaders,
  type AwsCredentials,
  type SignatureClaim,
  type WireRequest,
} from './sigv4';

/** The parts of a signature in an address; names as AWS writes them. */
const OF_SIGNATURE = /^X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders|Signature|Security-Token)$/;
/** Source: "Authenticating requests: using query parameters", seven days. */
const MAX_EXPIRES_SECONDS = 604_800;

/** Whether the address itself carries a signature, as browsers need for WebSockets. */
export function isPresigned(url: string): boolean {
  return /[?&]X-Amz-Signature=/.test(url);
}

/**
 * Reads the signature in an address; undefined when there is none.
 *
 * @throws RequestFault 400 when it is incomplete
 */
export function readPresigned(url: string): SignatureClaim | undefined {
  if (!isPresigned(url)) return undefined;
  const query = queryOf(url);
  const claim = readClaim(text(query, 'Credential'), text(query, 'SignedHeaders'), text(query, 'Signature'));
  if (claim === undefined || text(query, 'Algorithm') !== 'AWS4-HMAC-SHA256') {
    throw new RequestFault(
      400,
      'IncompleteSignatureException',
      'a presigned address needs X-Amz-Algorithm=AWS4-HMAC-SHA256, X-Amz-Credential, X-Amz-Date, X-Amz-Expires, X-Amz-SignedHeaders and X-Amz-Signature',
    );
  }
  return claim;
}

/**
 * Checks that the address of `request` was signed with `credentials` and is still good.
 *
 * @param now the service's clock
 * @throws RequestFault 403 with the code that AWS would give
 */
export async function verifyPresigned(
  request: WireRequest,
  claim: SignatureClaim,
  credentials: AwsCredentials,
  now: Date = new Date(),
): Promise<void> {
  const query = queryOf(request.url);
  const date = text(query, 'Date');
  const signingDate = readDate(date);
  const expiresIn = Number(text(query, 'Expires'));
  if (signingDate === undefined || date?.startsWith(claim.date) !== true) {
    throw mismatch('X-Amz-Date is missing, malformed or of another day than the credential scope');
  }
  if (!Number.isInteger(expiresIn) || expiresIn < 1 || expiresIn > MAX_EXPIRES_SECONDS) {
    throw mismatch(`X-Amz-Expires must be a number of seconds from 1 to ${MAX_EXPIRES_SECONDS}`);
  }
  const age = now.getTime() - signingDate.getTime();
  if (age < -MAX_CLOCK_SKEW_MS || age > expiresIn * 1000) {
    throw mismatch(`the address was signed at ${signingDate.toISOString()} for ${expiresIn} seconds; sign a new one`);
  }
  requireToken(text(query, 'Security-Token'), credentials);

  const headers = signedHeaders(request, claim);
  const { region, service } = claim;
  const signer = createSigner({ credentials, region, service });
  const unsigned = Object.entries(query).filter(([name]) => !OF_SIGNATURE.test(name));
  const expected = await signer.presign(
    {
      method: request.method,
      protocol: 'http:',
      hostname: headers.host ?? '',
      path: request.url.split('?')[0] ?? '/',
      query: Object.fromEntries(unsigned),
      // Who signs an address of S3 does not know the body yet.
      headers: service === 's3' ? { [CONTENT_HASH]: 'UNSIGNED-PAYLOAD', ...headers } : headers,
    },
    {
      signingDate,
      expiresIn,
      // What was signed stays a header: it would be moved into the query otherwise.
      unhoistableHeaders: new Set([...claim.signedHeaders, CONTENT_HASH]),
      unsignableHeaders: new Set(claim.signedHeaders.includes(CONTENT_HASH) ? [] : [CONTENT_HASH]),
      signableHeaders: new Set(claim.signedHeaders),
    },
  );
  requireSignature(claim, String(expected.query?.['X-Amz-Signature']));
}

function queryOf(url: string): ReturnType<typeof readQuery> {
  return readQuery(url.split(/\?(.*)/s)[1]);
}

function text(query: ReturnType<typeof readQuery>, name: string): string | undefined {
  const value = query[`X-Amz-${name}`];
  return typeof value === 'string' ? value : undefined;
}
