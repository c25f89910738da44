import { join } from 'node:path';
import { isOfDomain } from '../../lib/handlers/pre-sign-up/email-domain';
import { preSignUp, type PreSignUpEvent } from '../../lib/handlers/pre-sign-up/pre-sign-up';

const DOMAINS = ['allowed.com', 'xn--exmple-cua.com'];

const event = (email: string | undefined, triggerSource = 'PreSignUp_SignUp'): PreSignUpEvent => ({
  triggerSource,
  request: { userAttributes: email === undefined ? {} : { email } },
});

describe('an address', () => {
  test.each([
    'ada@allowed.com',
    'ADA@Allowed.COM',
    'ada+agent@allowed.com',
    'ada.lovelace@allowed.com',
    'jürgen@allowed.com',
    'o!#$%&*+-/=?^_`{|}~@allowed.com',
    'ada@xn--exmple-cua.com',
    `${'a'.repeat(64)}@allowed.com`,
  ])('%s is of an allowed domain', (email) => {
    expect(isOfDomain(email, DOMAINS)).toBe(true);
  });

  test.each([
    'evil@allowed.com.evil.org',
    '"a@allowed.com"@evil.org',
    'a@evil.org@allowed.com',
    'evil@evil-allowed.com',
    'evil@allowed.com-evil.org',
    'evil@sub.allowed.com',
    'evil@allowed.co',
    'evil@allowed.com.',
    'evil@.allowed.com',
    'evil@allowed,com',
    'evil@org<a@allowed.com>',
    'Ada <a@allowed.com>',
    'evil@evil.org(a@allowed.com)',
    'evil(@evil.org)@allowed.com',
    'evil@evil.org,a@allowed.com',
    'evil@evil.org;a@allowed.com',
    'evil@evil.org a@allowed.com',
    'evil@evil.org\na@allowed.com',
    'a\n@allowed.com',
    'a@allowed.com\n',
    'a@allowed.com\u0000.evil.org',
    'a\u0000@allowed.com',
    'a@allowed.com%0a.evil.org',
    'evil@[allowed.com]',
    'evil@allowed\u3002com',
    'evil@\uff41llowed.com',
    'evil@allo\u200bwed.com',
    'evil@xn--allowed-.com',
    'evil@exämple.com',
    'a"b@allowed.com',
    '@allowed.com',
    'allowed.com',
    'a@',
    '@',
    '',
    ' a@allowed.com',
    `${'a'.repeat(65)}@allowed.com`,
  ])('%j is not', (email) => {
    expect(isOfDomain(email, DOMAINS)).toBe(false);
  });

  // Signs that are an ASCII letter once they are lower case, or where case does not count.
  test.each([
    ['\u212a', 'k'],
    ['\u017f', 's'],
    ['\u0130', 'i'],
  ])('with %s in its domain is not one with %s', (sign, letter) => {
    expect(isOfDomain(`evil@${letter}.com`, [`${letter}.com`])).toBe(true);
    expect(isOfDomain(`evil@${sign}.com`, [`${letter}.com`])).toBe(false);
  });

  test('is decided in time however long it is', () => {
    expect(isOfDomain(`${'a@'.repeat(50_000)}allowed.com`, DOMAINS)).toBe(false);
    expect(isOfDomain(`a@${'a.'.repeat(50_000)}allowed.com`, DOMAINS)).toBe(false);
  });
});

describe('before a user is made', () => {
  test.each(['PreSignUp_SignUp', 'PreSignUp_ExternalProvider'])('%s of another domain is refused', (triggerSource) => {
    expect(() => preSignUp(event('a@evil.org', triggerSource), 'allowed.com')).toThrow(/^Sign-up is open to certain/);
    expect(preSignUp(event('a@allowed.com', triggerSource), 'allowed.com,b.com')).toEqual(
      event('a@allowed.com', triggerSource),
    );
  });

  test('users still have to confirm their address: the event comes back as it was', () => {
    const asked = { ...event('a@allowed.com'), response: { autoConfirmUser: false, autoVerifyEmail: false } };
    expect(preSignUp(asked, 'allowed.com')).toBe(asked);
  });

  test('whom an administrator invites may be of any domain', () => {
    const invited = event('a@partner.org', 'PreSignUp_AdminCreateUser');
    expect(preSignUp(invited, 'allowed.com')).toBe(invited);
  });

  test.each([undefined, '', ',', ',,'])('nobody signs up where the domains are %j', (domains) => {
    for (const email of ['a@allowed.com', 'a@', undefined]) {
      expect(() => preSignUp(event(email), domains)).toThrow();
    }
  });

  test('an identity provider that gives no address is refused', () => {
    expect(() => preSignUp(event(undefined, 'PreSignUp_ExternalProvider'), 'allowed.com')).toThrow();
    expect(() => preSignUp({ triggerSource: 'PreSignUp_ExternalProvider', request: {} }, 'allowed.com')).toThrow();
  });

  test('a refusal repeats neither the address nor the domains that would do', () => {
    expect(() => preSignUp(event('a@evil.org'), 'allowed.com')).not.toThrow(/evil|allowed\.com/);
  });
});

test('the bundled function reads the domains from its environment', async () => {
  const bundle = join(__dirname, '../../lib/handlers/bundles/pre-sign-up/index.js');
  const { handler } = jest.requireActual<{ handler: (event: PreSignUpEvent) => Promise<PreSignUpEvent> }>(bundle);
  const before = process.env.ALLOWED_EMAIL_DOMAINS;
  try {
    process.env.ALLOWED_EMAIL_DOMAINS = 'allowed.com';
    await expect(handler(event('a@allowed.com'))).resolves.toEqual(event('a@allowed.com'));
    await expect(handler(event('a@evil.org'))).rejects.toThrow(/^Sign-up is open/);
  } finally {
    if (before === undefined) delete process.env.ALLOWED_EMAIL_DOMAINS;
    else process.env.ALLOWED_EMAIL_DOMAINS = before;
  }
});
