import { readCaller, userKeyOf } from '../../agent-image/src/caller';
import { RefusedRequest, USER_HEADER } from '../../agent-image/src/protocol';
import vectors from '../support/user-key-vectors.json';

const ISSUER = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI';

function encoded(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

function token(claims: unknown): string {
  return `${encoded({ alg: 'RS256' })}.${encoded(claims)}.c2lnbmF0dXJl`;
}

function refusalOf(read: () => unknown): RefusedRequest {
  try {
    read();
  } catch (error) {
    if (error instanceof RefusedRequest) return error;
  }
  throw new Error('the request was not refused');
}

describe('a user key', () => {
  it.each(vectors)('of $description is as everywhere', ({ issuer, subject, userKey }) => {
    expect(userKeyOf(issuer, subject)).toBe(userKey);
    expect(userKey).toMatch(/^[A-Za-z0-9_.:=+@-]{1,128}$/);
  });

  it('is different for every two of these users', () => {
    expect(new Set(vectors.map(({ userKey }) => userKey)).size).toBe(vectors.length);
  });

  it('cannot be taken over by a subject that reads like it', () => {
    const victim = userKeyOf(ISSUER, 'auth0|alice');
    expect(userKeyOf(ISSUER, victim)).not.toBe(victim);
  });
});

describe('a caller with a token', () => {
  it.each(['Bearer', 'bearer', 'BEARER  '])('is its subject, after "%s"', (scheme) => {
    const headers = { authorization: `${scheme} ${token({ iss: ISSUER, sub: 'alice' })}` };
    expect(readCaller(headers, 'jwt')).toEqual({ userKey: 'alice' });
  });

  it('is told apart from the same subject of another issuer', () => {
    const [one, other] = ['https://one.example', 'https://other.example'].map((iss) =>
      readCaller({ authorization: `Bearer ${token({ iss, sub: 'a|b' })}` }, 'jwt'),
    );
    expect(one).not.toEqual(other);
  });

  it('is not the user whom a header names', () => {
    const headers = { authorization: `Bearer ${token({ iss: ISSUER, sub: 'alice' })}`, [USER_HEADER]: 'bob' };
    expect(readCaller(headers, 'jwt')).toEqual({ userKey: 'alice' });
  });

  it.each([
    [undefined, 'no bearer token'],
    ['', 'no bearer token'],
    ['Basic YTpi', 'no bearer token'],
    ['AWS4-HMAC-SHA256 Credential=x', 'no bearer token'],
    ['Bearer', 'no bearer token'],
    ['Bearer opaque-token', 'does not name its user'],
    [`Bearer ${encoded({})}.${encoded({ iss: ISSUER, sub: 'alice' })}`, 'does not name its user'],
    ['Bearer a.!!.c', 'does not name its user'],
    [`Bearer ${token('not json')}`, 'does not name its user'],
    [`Bearer ${token('null')}`, 'does not name its user'],
    [`Bearer ${token('"alice"')}`, 'does not name its user'],
    [`Bearer ${token(['alice'])}`, 'does not name its user'],
    [`Bearer ${token({ sub: 'alice' })}`, 'does not name its user'],
    [`Bearer ${token({ iss: ISSUER })}`, 'does not name its user'],
    [`Bearer ${token({ iss: '', sub: 'alice' })}`, 'does not name its user'],
    [`Bearer ${token({ iss: ISSUER, sub: '' })}`, 'does not name its user'],
    [`Bearer ${token({ iss: ISSUER, sub: 7 })}`, 'does not name its user'],
  ])('is refused without one that names a user: %s', (authorization, reason) => {
    const refusal = refusalOf(() => readCaller({ authorization }, 'jwt'));
    expect(refusal.code).toBe('CALLER_UNKNOWN');
    expect(refusal.message).toContain(reason);
  });

  it('never reads its token in a refusal', () => {
    const secret = 'c2VjcmV0LXRva2VuLXZhbHVl';
    const refusal = refusalOf(() => readCaller({ authorization: `Bearer ${secret}.${secret}.${secret}` }, 'jwt'));
    expect(refusal.message).not.toContain(secret);
    expect(refusal.message).not.toContain('secret-token-value');
  });
});

describe('a caller with IAM', () => {
  it('is who the request says', () => {
    expect(readCaller({ [USER_HEADER]: 'alice' }, 'iam')).toEqual({ userKey: 'alice' });
  });

  it('is nobody when the request names nobody, whatever token it brings', () => {
    expect(readCaller({}, 'iam')).toBeUndefined();
    const authorization = `Bearer ${token({ iss: ISSUER, sub: 'alice' })}`;
    expect(readCaller({ authorization }, 'iam')).toBeUndefined();
  });

  it.each(['', ['alice', 'bob']])('is refused with a name that is none: %j', (user) => {
    const refusal = refusalOf(() => readCaller({ [USER_HEADER]: user }, 'iam'));
    expect(refusal.code).toBe('CALLER_UNKNOWN');
  });
});
