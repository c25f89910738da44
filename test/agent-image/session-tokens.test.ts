import { RefusedRequest } from '../../agent-image/src/protocol';
import { type ServedSession, SessionHost } from '../../agent-image/src/session-host';
import { SessionTokens } from '../../agent-image/src/user-identity/request-tokens';
import { unsignedJwt } from './support/scripted-aws';

/** What a request brings whose access token ends so many seconds from now. */
const of = (user: string, endsIn: number) => ({
  user,
  tokens: {
    accessToken: unsignedJwt({ sub: user, exp: Math.floor(Date.now() / 1000) + endsIn }),
    workloadToken: `workload-of-${user}`,
  },
});

const EARLIER = 60;
const LATER = 3_600;

let tokens: SessionTokens;
/** Whom the session belongs to; opening it for anybody else is refused. */
let owner: string | undefined;
let host: SessionHost;

beforeEach(() => {
  tokens = new SessionTokens();
  const admit = (user: string | undefined): void => {
    if (owner !== undefined && user !== owner) throw new RefusedRequest('NOT_SESSION_OWNER', 'not yours');
  };
  const session = { admit, flush: () => Promise.resolve() } as unknown as ServedSession;
  host = new SessionHost({
    config: { models: { main: 'm', fast: 'f', subagent: 's' }, permissionModes: ['ask'] } as never,
    tokens,
    openSession: (_id, user) => Promise.resolve().then(() => (admit(user), session)),
  });
});

const call = (caller: ReturnType<typeof of>): Promise<unknown> =>
  host.call({ sessionId: 'session', invocation: { kind: 'flush' } as never, requestId: 'r', ...caller });

test('a session acts with the newest tokens of its user', async () => {
  owner = 'alice';
  await call(of('alice', LATER));
  const newer = of('alice', LATER + 1);
  await call(newer);
  expect(tokens.newest).toEqual(newer.tokens);
  await call(of('alice', EARLIER));
  expect(tokens.newest).toEqual(newer.tokens);
});

test('a user who is refused leaves no token behind, however late it ends', async () => {
  owner = 'alice';
  await expect(call(of('bob', LATER))).rejects.toMatchObject({ code: 'NOT_SESSION_OWNER' });
  expect(tokens.newest).toEqual({});
  const alice = of('alice', EARLIER);
  await call(alice);
  expect(tokens.newest).toEqual(alice.tokens);
  await expect(call(of('bob', LATER))).rejects.toMatchObject({ code: 'NOT_SESSION_OWNER' });
  expect(tokens.newest).toEqual(alice.tokens);
});

test('a user whose session could not be opened leaves no token to the next one', async () => {
  owner = 'nobody';
  await expect(call(of('alice', LATER))).rejects.toThrow();
  owner = 'mallory';
  const mallory = of('mallory', EARLIER);
  await call(mallory);
  expect(tokens.newest).toEqual(mallory.tokens);
});

test('tokens of one user never stand for another one, without an opening in between either', () => {
  tokens.take('alice', of('alice', LATER).tokens);
  const bob = of('bob', EARLIER);
  tokens.take('bob', bob.tokens);
  expect(tokens.newest).toEqual(bob.tokens);
});
