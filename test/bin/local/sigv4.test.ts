import { createHash, createHmac, randomBytes } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { CredentialStore, type Principal } from '../../../bin/local/credentials';
import { RequestFault } from '../../../bin/local/http-messages';
import { readSignature, sign, verifySignature, type WireRequest } from '../../../bin/local/sigv4';

const NOW = new Date('2026-11-21T12:00:00Z');
const CREDENTIALS = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'the secret', sessionToken: 'the token' };
const ARN = 'arn:aws:bedrock-agentcore:us-east-1:000000000000:runtime/agent-0123456789';
const PRINCIPAL: Principal = {
  arn: 'arn:aws:iam::000000000000:user/someone',
  partition: 'aws',
  account: '000000000000',
  policies: { identityPolicies: [] },
};

/** What the AWS SDK for JavaScript sends: its own signer, hash header included. */
async function signedBySdk(url: string, body: string, credentials = CREDENTIALS, at = NOW): Promise<WireRequest> {
  class Sha256 {
    private readonly hash;
    constructor(key?: string | Uint8Array) {
      this.hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
    }
    update(data: string | Uint8Array): void {
      this.hash.update(data);
    }
    digest(): Promise<Uint8Array> {
      return Promise.resolve(this.hash.digest());
    }
  }
  const [path = '', search = ''] = url.split('?');
  const signer = new SignatureV4({
    credentials,
    region: 'us-east-1',
    service: 'bedrock-agentcore',
    sha256: Sha256 as unknown as ConstructorParameters<typeof SignatureV4>[0]['sha256'],
  });
  const { headers } = await signer.sign(
    {
      method: 'POST',
      protocol: 'http:',
      hostname: '127.0.0.1',
      path,
      query: Object.fromEntries(new URLSearchParams(search)),
      headers: { host: '127.0.0.1:8080', 'content-type': 'application/json', 'user-agent': 'sdk' },
      body,
    },
    { signingDate: at },
  );
  return { method: 'POST', url, headers, body: Buffer.from(body) };
}

async function verify(request: WireRequest, credentials = CREDENTIALS, now = NOW): Promise<void> {
  const claim = readSignature(request.headers.authorization);
  if (claim === undefined) throw new Error('the request is not signed');
  await verifySignature(request, claim, credentials, now);
}

describe('verifySignature', () => {
  it.each([
    '/',
    `/runtimes/${encodeURIComponent(ARN)}/invocations?qualifier=DEFAULT`,
    '/model/global.anthropic.claude-haiku-4-5-20251001-v1:0/invoke',
    '/inference-profiles?type=SYSTEM_DEFINED&maxResults=10',
    '/a%20b/%C3%BC?name=a%20b%2Bc&empty=',
  ])('accepts what the SDK signed for %s', async (url) => {
    await expect(verify(await signedBySdk(url, '{"prompt":"ü"}'))).resolves.toBeUndefined();
  });

  it('accepts a signature without the hash header and without a session token', async () => {
    const longLived = { accessKeyId: CREDENTIALS.accessKeyId, secretAccessKey: CREDENTIALS.secretAccessKey };
    const request = { method: 'POST', url: '/', body: Buffer.from('x') };
    const headers = await sign(
      { ...request, headers: { host: 'localhost' } },
      { credentials: longLived, region: 'us-east-1', service: 'bedrock', signingDate: NOW },
    );
    const claim = readSignature(headers.authorization);

    expect(headers).not.toHaveProperty('x-amz-content-sha256');
    await expect(verifySignature({ ...request, headers }, claim as never, longLived, NOW)).resolves.toBeUndefined();
  });

  it.each<[string, (request: WireRequest) => WireRequest]>([
    ['body', (request) => ({ ...request, body: Buffer.from('{"prompt":"other"}') })],
    ['path', (request) => ({ ...request, url: request.url.replace('agent', 'other') })],
    ['query', (request) => ({ ...request, url: `${request.url}&extra=1` })],
    ['method', (request) => ({ ...request, method: 'GET' })],
    ['signed header', (request) => ({ ...request, headers: { ...request.headers, 'content-type': 'text/plain' } })],
    ['hash and body', (request) => tamperedWithHash(request)],
  ])('refuses a changed %s', async (_, change) => {
    const request = await signedBySdk(`/runtimes/${encodeURIComponent(ARN)}/invocations?qualifier=DEFAULT`, '{}');

    await expect(verify(change(request))).rejects.toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' });
  });

  it('refuses another secret, another token, a signature that left out the host', async () => {
    const request = await signedBySdk('/', '{}');
    const withoutHost = { ...request.headers, host: undefined };
    const unsignedHost = String(request.headers.authorization).replace('host;', '');

    await expect(verify(request, { ...CREDENTIALS, secretAccessKey: 'wrong' })).rejects.toMatchObject({
      code: 'SignatureDoesNotMatch',
    });
    await expect(verify(request, { ...CREDENTIALS, sessionToken: 'other' })).rejects.toMatchObject({
      code: 'UnrecognizedClientException',
    });
    await expect(verify({ ...request, headers: withoutHost })).rejects.toThrow('host is not in the request');
    await expect(verify({ ...request, headers: { ...request.headers, authorization: unsignedHost } })).rejects.toThrow(
      'host is not signed',
    );
  });

  it('refuses a signature of more than five minutes ago, or of a day that is not its scope', async () => {
    const old = await signedBySdk('/', '{}', CREDENTIALS, new Date(NOW.getTime() - 301_000));
    const request = await signedBySdk('/', '{}');
    const otherDay = { ...request.headers, 'x-amz-date': '20261120T120000Z' };

    await expect(verify(old)).rejects.toThrow('more than five minutes from now');
    await expect(verify({ ...request, headers: otherDay })).rejects.toThrow('of another day');
  });
});

describe('readSignature', () => {
  it('takes other schemes for no signature', () => {
    expect(readSignature(undefined)).toBeUndefined();
    expect(readSignature('Bearer token')).toBeUndefined();
  });

  it.each([
    'AWS4-HMAC-SHA256 Credential=AKIA/20261121/us-east-1/bedrock/aws4_request, SignedHeaders=host',
    'AWS4-HMAC-SHA256 Credential=AKIA/20261121/us-east-1, SignedHeaders=host, Signature=00',
    'AWS4-HMAC-SHA256 Credential=AKIA/20261121/evil.example#/bedrock/aws4_request, SignedHeaders=host, Signature=00',
    'AWS4-HMAC-SHA256',
  ])('refuses the incomplete %s', (header) => {
    expect(() => readSignature(header)).toThrow(RequestFault);
  });
});

describe('CredentialStore', () => {
  it('gives back the principal whose credentials signed the request', async () => {
    const store = new CredentialStore();
    const request = await signedBySdk('/', '{}', store.mint(PRINCIPAL));

    await expect(store.authenticate(request, claimOf(request), NOW)).resolves.toBe(PRINCIPAL);
  });

  it('refuses unknown, revoked and expired credentials, each by its own code', async () => {
    const store = new CredentialStore();
    const revoked = store.mint(PRINCIPAL);
    store.revoke(revoked.accessKeyId);
    const expired = await signedBySdk('/', '{}', store.mint(PRINCIPAL, NOW.getTime()));

    for (const credentials of [CREDENTIALS, revoked]) {
      const request = await signedBySdk('/', '{}', credentials);
      await expect(store.authenticate(request, claimOf(request), NOW)).rejects.toMatchObject({
        status: 403,
        code: 'UnrecognizedClientException',
      });
    }
    await expect(store.authenticate(expired, claimOf(expired), NOW)).rejects.toMatchObject({
      status: 403,
      code: 'ExpiredTokenException',
    });
  });

  it('mints credentials that differ and have the form of temporary ones', () => {
    const store = new CredentialStore();
    const [one, two] = [store.mint(PRINCIPAL), store.mint(PRINCIPAL)];

    expect(one.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(one.secretAccessKey).toHaveLength(40);
    expect(two.accessKeyId).not.toBe(one.accessKeyId);
    expect(two.secretAccessKey).not.toBe(one.secretAccessKey);
  });
});

function claimOf(request: WireRequest): NonNullable<ReturnType<typeof readSignature>> {
  const claim = readSignature(request.headers.authorization);
  if (claim === undefined) throw new Error('the request is not signed');
  return claim;
}

function tamperedWithHash(request: WireRequest): WireRequest {
  const body = randomBytes(8);
  const hash = createHash('sha256').update(body).digest('hex');
  return { ...request, body, headers: { ...request.headers, 'x-amz-content-sha256': hash } };
}
