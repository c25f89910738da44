import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey } from 'jose';
import { RequestFault } from '../../../bin/local/http-messages';
import { JwtAuthorizer, requireDiscoveryUrl, type JwtAuthorizerSettings } from '../../../bin/local/jwt-authorizer';

const CLIENT = 'client-1';

let server: Server;
let issuer: string;
let key: CryptoKey;
let answers: boolean;
let keysAddress: string;

beforeAll(async () => {
  const pair = await generateKeyPair('RS256', { extractable: true });
  key = pair.privateKey;
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  server = createServer((req, res) => {
    const body = req.url === '/keys' ? { keys: [jwk] } : { issuer, jwks_uri: keysAddress };
    res.writeHead(answers ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  issuer = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});

beforeEach(() => {
  answers = true;
  keysAddress = `${issuer}/keys`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function authorizer(rules: Partial<JwtAuthorizerSettings> = {}): JwtAuthorizer {
  return new JwtAuthorizer({
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    allowedClients: [CLIENT],
    ...rules,
  });
}

function token(claims: object = {}, seconds = 600, signingKey: CryptoKey = key): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iss: issuer, client_id: CLIENT, iat: now, exp: now + seconds, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .sign(signingKey);
}

async function refusal(given: string | Promise<string>, rules: Partial<JwtAuthorizerSettings> = {}): Promise<string> {
  const text = await given;
  const error = await authorizer(rules)
    .verify(text)
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );
  if (!(error instanceof RequestFault)) throw new Error(`not refused by a fault, but: ${String(error)}`);
  expect(error.message).not.toContain(text.split('.')[2] || 'no signature');
  return `${String(error.status)} ${error.message}`;
}

describe('a token', () => {
  it('of the issuer, for an allowed client, is accepted with its claims', async () => {
    await expect(authorizer().verify(await token({ sub: 'alice' }))).resolves.toMatchObject({ sub: 'alice' });
  });

  it.each<[string, () => Promise<string> | string, RegExp]>([
    ['that has expired', () => token({}, -1), /^401 the token has expired$/],
    ['that expires within a minute', () => token({}, 55), /^401 the token expires within the next minute/],
    ['without an end', () => token({ exp: undefined }), /^401 the claim "exp" of the token is missing or not valid$/],
    ['that begins later', () => token({ nbf: 9_999_999_999 }), /^401 the claim "nbf" of the token/],
    ['of another issuer', () => token({ iss: 'https://other.example' }), /^401 the token is not issued by http/],
    [
      'of another client',
      () => token({ client_id: 'other' }),
      /^401 the token's client_id "other" is not an allowed client$/,
    ],
    ['of no client', () => token({ client_id: undefined }), /^401 the token's client_id \(missing\) is not/],
    ['that is none', () => 'nonsense', /^401 the token is not a JSON web token$/],
    ['without a signature', () => new UnsecuredJWT({ client_id: CLIENT }).setIssuer(issuer).encode(), /^401 /],
  ])('%s is refused', async (_, make, message) => {
    expect(await refusal(make())).toMatch(message);
  });

  it('signed with another key, or changed after it was signed, is refused', async () => {
    const other = await generateKeyPair('RS256');
    const [head, , signature] = (await token()).split('.');
    const claims = Buffer.from(JSON.stringify({ iss: issuer, client_id: CLIENT, exp: 9_999_999_999 }));
    const changed = `${String(head)}.${claims.toString('base64url')}.${String(signature)}`;

    expect(await refusal(token({}, 600, other.privateKey))).toMatch(/signature is not by a key of/);
    expect(await refusal(changed)).toMatch(/signature is not by a key of/);
  });

  it('signed with the public key as a shared secret is refused', async () => {
    const secret = new TextEncoder().encode(JSON.stringify({ kty: 'RSA' }).padEnd(32));
    const forged = await new SignJWT({ client_id: CLIENT })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .setIssuer(issuer)
      .setExpirationTime('1h')
      .sign(secret);

    expect(await refusal(forged)).toBe('401 the token is not signed with RS256');
  });
});

describe('the rules of the template', () => {
  it('want one of the audiences', async () => {
    const rules = { allowedAudience: ['agent', 'other'] };

    await expect(authorizer(rules).verify(await token({ aud: ['x', 'agent'] }))).resolves.toBeDefined();
    expect(await refusal(token({ aud: 'x' }), rules)).toBe('401 the token\'s aud "x" is not an allowed audience');
    expect(await refusal(token(), rules)).toContain("the token's aud (missing)");
  });

  it('want an audience and a client when both are given', async () => {
    expect(await refusal(token({ aud: 'agent', client_id: 'x' }), { allowedAudience: ['agent'] })).toContain(
      'client_id',
    );
  });

  it('want one of the scopes', async () => {
    const rules = { allowedScopes: ['agents/invoke', 'admin'] };

    await expect(authorizer(rules).verify(await token({ scope: 'openid admin' }))).resolves.toBeDefined();
    expect(await refusal(token({ scope: 'openid' }), rules)).toContain('has none of the allowed scopes');
    expect(await refusal(token(), rules)).toContain("the token's scope (missing)");
  });

  it.each<[string, 'EQUALS' | 'CONTAINS' | 'CONTAINS_ANY', string[], unknown, unknown]>([
    ['a text that is equal', 'EQUALS', ['gold'], 'gold', 'golden'],
    ['a list with the value', 'CONTAINS', ['a'], ['a', 'b'], ['b']],
    ['a list with any of the values', 'CONTAINS_ANY', ['a', 'c'], ['b', 'c'], ['b']],
    ['a list where a text is not enough', 'CONTAINS', ['a'], ['a'], 'a'],
    ['a text where a list is not enough', 'EQUALS', ['a'], 'a', ['a']],
  ])('want %s', async (_, operator, values, right, wrong) => {
    const rules = { customClaims: [{ name: 'tier', operator, values }] };

    await expect(authorizer(rules).verify(await token({ tier: right }))).resolves.toBeDefined();
    expect(await refusal(token({ tier: wrong }), rules)).toContain(`does not fulfil ${operator} ${values.join(', ')}`);
    expect(await refusal(token(), rules)).toContain("the token's tier (missing)");
  });
});

describe('the issuer', () => {
  it('that does not answer is reported, and asked again by the next call', async () => {
    const one = authorizer();
    answers = false;
    await expect(one.verify(await token())).rejects.toMatchObject({
      status: 500,
      message: expect.stringMatching(/^the discovery document http.+ could not be read: it answers 503$/) as string,
    });

    answers = true;
    await expect(one.verify(await token())).resolves.toBeDefined();
  });

  it('may not name keys that come over an open connection', async () => {
    keysAddress = 'http://keys.example.com/keys';

    await expect(authorizer().verify(await token())).rejects.toThrow('its jwks_uri is http://keys.example.com/keys');
  });

  it.each([
    'https://login.example.com/.well-known/openid-configuration',
    'http://127.0.0.1:8080/pool/.well-known/openid-configuration',
    'http://localhost/.well-known/openid-configuration',
  ])('may be %s', (url) => {
    expect(() => {
      requireDiscoveryUrl(url);
    }).not.toThrow();
  });

  it.each([
    'http://login.example.com/.well-known/openid-configuration',
    'http://localhost.example.com/.well-known/openid-configuration',
    'https://login.example.com/',
    'file:///.well-known/openid-configuration',
  ])('may not be %s', (url) => {
    expect(() => {
      requireDiscoveryUrl(url);
    }).toThrow('expected an https address');
  });
});
