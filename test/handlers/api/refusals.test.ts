import fc from 'fast-check';
import { userKeyOf } from '../../../agent-image/src/caller.ts';
import { createApi, type ApiOptions } from '../../../lib/handlers/api/api';
import { readConfiguration } from '../../../lib/handlers/api/configuration';
import { ApiRoute } from '../../../lib/handlers/api/environment';
import { ApiFailure, FAILURES, type FailureCode } from '../../../lib/handlers/api/failure';
import type { HttpEvent } from '../../../lib/handlers/api/http-event';
import type { OpenUserData } from '../../../lib/handlers/api/ports';
import type { ClaimRule, TokenRules } from '../../../lib/handlers/api/token-rules';
import { unsignedJwt } from '../../agent-image/support/scripted-aws';
import { accessClaims, bodyOf, ISSUER, refusal, requestOf, type RequestParts, sessionId } from './support/requests';

const opened: string[] = [];
const closedUsers: string[] = [];
const logged: string[] = [];
let failure: Error | undefined;

/** Data of users that know nothing, or fail. */
const openUserData: OpenUserData = (userKey) => {
  opened.push(userKey);
  const answer = <T>(value: T) => (failure === undefined ? Promise.resolve(value) : Promise.reject(failure));
  return {
    rows: {
      list: () => answer({ sessions: [], next: undefined }),
      find: () => answer(undefined),
      rename: () => answer(undefined),
      remove: () => answer(false),
      settings: () => answer(undefined),
      putSettings: () => answer(undefined),
    },
    objects: () => ({
      workspace: { get: () => answer(undefined) },
      offer: () => answer({ url: 'https://example.com', expiresIn: 300 }),
      removeAll: () => answer(0),
    }),
    close: () => closedUsers.push(userKey),
  };
};
const linked: (readonly string[])[] = [];
const options: ApiOptions = {
  clientIds: ['web-client', 'cli-client'],
  audiences: [],
  openUserData,
  link: {
    complete: (...values) => {
      linked.push(values);
      return failure === undefined ? Promise.resolve() : Promise.reject(failure);
    },
  },
  log: (line) => logged.push(line),
};
const api = createApi(options);
const ask = (route: string, parts?: RequestParts) => api(requestOf('ada', route, parts));

beforeEach(() => {
  for (const list of [opened, closedUsers, logged, linked]) list.splice(0);
  failure = undefined;
});

function withClaims(claims: Readonly<Record<string, unknown>> | undefined): HttpEvent {
  const event = requestOf('ada', ApiRoute.LIST_SESSIONS);
  return { ...event, requestContext: { authorizer: { jwt: claims && { claims } } } };
}

describe('a token that API Gateway lets through', () => {
  const access = accessClaims('ada');
  const without = (name: string) => Object.fromEntries(Object.entries(access).filter(([key]) => key !== name));

  test('is accepted when it is an access token of a client of the API', async () => {
    expect((await api(withClaims(access))).statusCode).toBe(200);
    expect((await api(withClaims({ ...access, client_id: 'cli-client' }))).statusCode).toBe(200);
    expect((await api(withClaims(without('token_use')))).statusCode).toBe(200);
    expect(opened).toEqual(['ada', 'ada', 'ada']);
    expect(closedUsers).toEqual(opened);
  });

  test.each<[string, Record<string, unknown> | undefined]>([
    ['has no claims', undefined],
    ['is an ID token', { ...without('client_id'), token_use: 'id', aud: 'web-client' }],
    ['is an ID token that names a client', { ...access, token_use: 'id' }],
    ['is for another use', { ...access, token_use: 'refresh' }],
    ['has a use that is no text', { ...access, token_use: ['access'] }],
    ['is of another client', { ...access, client_id: 'other-client' }],
    ['is of the beginning of a client', { ...access, client_id: 'web' }],
    ['is of two clients', { ...access, client_id: 'web-client,cli-client' }],
    ['is of a list of clients', { ...access, client_id: ['web-client'] }],
    ['names no client', without('client_id')],
    ['has an empty client', { ...access, client_id: '' }],
    ['names no user', without('sub')],
    ['has an empty user', { ...access, sub: '' }],
    ['has a user that is no text', { ...access, sub: 7 }],
    ['names no issuer', without('iss')],
  ])('is refused when it %s, and nobody’s data is opened', async (_, claims) => {
    const reply = await api(withClaims(claims));
    expect(refusal(reply)).toEqual([401, 'UNAUTHENTICATED']);
    expect(reply.body).not.toContain('token-of-ada');
    expect(opened).toEqual([]);
  });

  test.each([undefined, '', 'Bearer', 'Bearer ', 'Basic dXNlcg== x', 'Bearer a b', 'Bearer a, Bearer b'])(
    'is refused when the header is %j, which is none',
    async (authorization) => {
      expect(refusal(await api({ ...withClaims(access), headers: { authorization } }))).toEqual([
        401,
        'UNAUTHENTICATED',
      ]);
    },
  );
});

describe('a token of a provider that names an audience and no client', () => {
  const AUDIENCE = 'https://agent.example.com';
  const ISSUER_OF_OTHERS = 'https://tenant.eu.auth0.com/';
  const ada = { iss: ISSUER_OF_OTHERS, sub: 'auth0|ada', aud: [AUDIENCE, `${ISSUER_OF_OTHERS}userinfo`], azp: 'spa' };
  /** As API Gateway hands it on: claims are text there, and a list is one too. */
  const eventOf = (claims: Readonly<Record<string, unknown>>): HttpEvent => ({
    ...withClaims(
      Object.fromEntries(
        Object.entries(claims).map(([name, value]) => [
          name,
          Array.isArray(value) ? `[${value.join(' ')}]` : String(value),
        ]),
      ),
    ),
    headers: { authorization: `Bearer ${unsignedJwt(claims)}` },
  });
  const answer = (claims: Readonly<Record<string, unknown>>, clientIds: string[] = []) =>
    createApi({ ...options, clientIds, audiences: [AUDIENCE] })(eventOf(claims));

  test('is accepted when it is meant for the API, and its user is the one that the agent knows', async () => {
    expect((await answer(ada)).statusCode).toBe(200);
    expect((await answer({ ...ada, aud: AUDIENCE })).statusCode).toBe(200);
    expect(opened).toEqual([userKeyOf(ISSUER_OF_OTHERS, 'auth0|ada'), userKeyOf(ISSUER_OF_OTHERS, 'auth0|ada')]);
  });

  test.each([
    ['typ', { typ: 'Bearer' }],
    ['token_use', { token_use: 'access' }],
  ])('is accepted with a nonce where %s says that it is an access token', async (_, said) => {
    expect((await answer({ ...ada, ...said, nonce: 'n', at_hash: 'h' })).statusCode).toBe(200);
  });

  test('needs a client of the API too where clients are named', async () => {
    expect((await answer({ ...ada, client_id: 'spa' }, ['spa'])).statusCode).toBe(200);
    for (const claims of [ada, { ...ada, client_id: 'other' }]) {
      expect(refusal(await answer(claims, ['spa']))).toEqual([401, 'UNAUTHENTICATED']);
    }
  });

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['is meant for another', { ...ada, aud: 'https://other.example.com' }],
    ['is meant for something that only contains the name', { ...ada, aud: `${AUDIENCE} x` }],
    ['is meant for nobody', { iss: ISSUER_OF_OTHERS, sub: 'auth0|ada' }],
    ['is an ID token, whose audience is the client', { ...ada, aud: 'spa' }],
    ['is an ID token for this audience too, with a nonce', { ...ada, nonce: 'n' }],
    ['is an ID token for this audience too, with the hash of an access token', { ...ada, at_hash: 'h' }],
    ['is an ID token for this audience too, with the hash of a code', { ...ada, c_hash: 'h' }],
    ['says that it is an ID token', { ...ada, typ: 'ID' }],
    ['says that it is an ID token, and an access token besides', { ...ada, typ: 'ID', token_use: 'access' }],
    ['is an ID token of Amazon Cognito', { ...ada, token_use: 'id' }],
    ['is an ID token of Amazon Cognito, whatever else it says', { ...ada, token_use: 'id', typ: 'Bearer' }],
    ['has a nonce and is of another type', { ...ada, nonce: 'n', typ: 'JWT' }],
  ])('is refused when it %s', async (_, claims) => {
    expect(refusal(await answer(claims))).toEqual([401, 'UNAUTHENTICATED']);
    expect(opened).toEqual([]);
  });

  test('is refused by an API that has neither clients nor audiences', async () => {
    const reply = await createApi({ ...options, clientIds: [], audiences: [] })(eventOf(ada));
    expect(refusal(reply)).toEqual([401, 'UNAUTHENTICATED']);
  });
});

describe('the environment of the function', () => {
  const env = {
    AWS_REGION: 'eu-west-1',
    API_AGENT_NAME: 'support',
    API_USER_ROLE_ARN: 'arn:aws:iam::111122223333:role/user',
    API_SESSION_TABLE: 'sessions',
    API_WORKSPACE_BUCKET: 'workspaces',
    API_WORKSPACES_PREFIX: 'workspaces/',
    API_DOWNLOADS_PREFIX: 'downloads/',
  };

  test('names clients, audiences or both', () => {
    expect(readConfiguration({ ...env, API_CLIENT_IDS: 'a,b' })).toMatchObject({
      clientIds: ['a', 'b'],
      audiences: [],
    });
    expect(readConfiguration({ ...env, API_AUDIENCES: '["a, b"]' })).toMatchObject({
      clientIds: [],
      audiences: ['a, b'],
    });
    expect(readConfiguration({ ...env, API_CLIENT_IDS: 'a', API_AUDIENCES: '["b"]' })).toMatchObject({
      clientIds: ['a'],
      audiences: ['b'],
    });
  });

  test('fails the start without either', () => {
    expect(() => readConfiguration(env)).toThrow('The environment variable API_CLIENT_IDS is missing');
  });
});

describe('a token that the agent would not take', () => {
  const ada = { ...accessClaims('ada'), scope: 'openid agent/read', 'cognito:groups': ['staff', 'on call'] };
  const withToken = (claims: Readonly<Record<string, unknown>>): HttpEvent => ({
    ...withClaims(accessClaims('ada')),
    headers: { authorization: `Bearer ${unsignedJwt(claims)}` },
  });
  const rule = (operator: ClaimRule['operator'], name: string, ...values: string[]): TokenRules => ({
    claims: [{ name, operator, values }],
  });
  const answer = (tokenRules: TokenRules, claims: Readonly<Record<string, unknown>> = ada) =>
    createApi({ ...options, tokenRules })(withToken(claims));

  test.each<[string, TokenRules]>([
    ['one of the groups', rule('CONTAINS_ANY', 'cognito:groups', 'operators', 'staff')],
    ['a group with a space', rule('CONTAINS', 'cognito:groups', 'on call')],
    ['the claim', rule('EQUALS', 'sub', 'ada')],
    ['one of the scopes', { scopes: ['agent/read', 'agent/invoke'] }],
    ['one of the clients', { clients: ['web-client'] }],
  ])('is told from one with %s', async (_, rules) => {
    expect((await answer(rules)).statusCode).toBe(200);
    expect(opened).toEqual(['ada']);
  });

  test.each<[string, TokenRules]>([
    ['none of the groups', rule('CONTAINS_ANY', 'cognito:groups', 'operators', 'sta', 'on', 'call')],
    ['not the group', rule('CONTAINS', 'cognito:groups', 'staff on call')],
    ['no such claim', rule('EQUALS', 'department', 'support')],
    ['a claim that every object has', rule('CONTAINS_ANY', 'constructor', 'x')],
    ['another value of the claim', rule('EQUALS', 'sub', 'bob')],
    ['a list where a text is asked for', rule('EQUALS', 'cognito:groups', 'staff')],
    ['a text where a list is asked for', rule('CONTAINS', 'scope', 'openid')],
    ['none of the scopes', { scopes: ['agent', 'read'] }],
    ['another client', { clients: ['cli-client'] }],
    ['no audience', { audiences: ['agent'] }],
    ['one rule of two that it meets', { scopes: ['openid'], ...rule('EQUALS', 'sub', 'bob') }],
  ])('because it has %s is refused, and nobody’s data is opened', async (_, rules) => {
    expect(refusal(await answer(rules))).toEqual([403, 'FORBIDDEN']);
    expect(opened).toEqual([]);
  });

  test.each(['x', 'a.b', 'a..c', 'a.bnVsbA.c', 'a.W10.c', 'a.e30.c.d'])(
    'because it is %j is refused',
    async (token) => {
      const event = { ...withClaims(accessClaims('ada')), headers: { authorization: token } };
      expect(refusal(await createApi({ ...options, tokenRules: { scopes: ['openid'] } })(event))).toEqual([
        403,
        'FORBIDDEN',
      ]);
    },
  );

  test('completes no link either', async () => {
    const event = { ...withToken(ada), routeKey: ApiRoute.COMPLETE_LINK };
    const reply = await createApi({ ...options, tokenRules: { scopes: ['none'] } })(event);
    expect(refusal(reply)).toEqual([403, 'FORBIDDEN']);
    expect(linked).toEqual([]);
  });
});

describe('a request that cannot be answered', () => {
  const id = sessionId('a');
  const cursor = (...values: unknown[]) => Buffer.from(JSON.stringify(values)).toString('base64url');

  test.each<[string, string, RequestParts]>([
    ['a limit of nothing', ApiRoute.LIST_SESSIONS, { query: { limit: '0' } }],
    ['a limit that is too high', ApiRoute.LIST_SESSIONS, { query: { limit: '101' } }],
    ['a limit that is no number', ApiRoute.LIST_SESSIONS, { query: { limit: '1e1' } }],
    ['two limits', ApiRoute.LIST_SESSIONS, { query: { limit: '1,2' } }],
    ['a cursor that is no text of one', ApiRoute.LIST_SESSIONS, { query: { cursor: '{}' } }],
    ['a cursor without a position', ApiRoute.LIST_SESSIONS, { query: { cursor: cursor('sessions') } }],
    ['a cursor of another list', ApiRoute.LIST_SESSIONS, { query: { cursor: cursor('files', 'a') } }],
    [
      'a cursor with another key',
      ApiRoute.LIST_SESSIONS,
      { query: { cursor: cursor('sessions', '2026-01-01T00:00:00.000Z', 'x') } },
    ],
    ['a cursor with a time that is none', ApiRoute.LIST_SESSIONS, { query: { cursor: cursor('sessions', 'now', id) } }],
    ['a cursor that is far too long', ApiRoute.LIST_SESSIONS, { query: { cursor: 'A'.repeat(10_000) } }],
    ['no session id', ApiRoute.MESSAGES, {}],
    ['a short session id', ApiRoute.MESSAGES, { id: 'a' }],
    ['a long session id', ApiRoute.MESSAGES, { id: 'a'.repeat(257) }],
    ['a session id with a slash', ApiRoute.DELETE_SESSION, { id: `${id}/x` }],
    ['a session id with an escape', ApiRoute.DELETE_SESSION, { id: `${id}%2F` }],
    ['a session id with a space', ApiRoute.DELETE_SESSION, { id: `${id} x` }],
    ['a session id with other letters', ApiRoute.DELETE_SESSION, { id: `${id}ü` }],
    ['no title', ApiRoute.RENAME_SESSION, { id, body: {} }],
    ['an empty title', ApiRoute.RENAME_SESSION, { id, body: { title: '   ' } }],
    ['a title that is no text', ApiRoute.RENAME_SESSION, { id, body: { title: 7 } }],
    ['a title that is too long', ApiRoute.RENAME_SESSION, { id, body: { title: 'x'.repeat(201) } }],
    ['a title of two lines', ApiRoute.RENAME_SESSION, { id, body: { title: 'a\nb' } }],
    ['another field', ApiRoute.RENAME_SESSION, { id, body: { title: 'a', status: 'idle' } }],
    ['no body', ApiRoute.PUT_SETTINGS, {}],
    ['a body that is no JSON', ApiRoute.PUT_SETTINGS, { body: '{' }],
    ['a body that is a list', ApiRoute.PUT_SETTINGS, { body: [] }],
    ['a body that is null', ApiRoute.PUT_SETTINGS, { body: 'null' }],
    ['settings that are too long', ApiRoute.PUT_SETTINGS, { body: { a: 'x'.repeat(17_000) } }],
    ['a body that is too long', ApiRoute.PUT_SETTINGS, { body: ' '.repeat(70_000) }],
    ['no path', ApiRoute.FILE_CONTENT, { id }],
    ['no session URI', ApiRoute.COMPLETE_LINK, { body: {} }],
    ['a session URI that is no text', ApiRoute.COMPLETE_LINK, { body: { sessionUri: {} } }],
    ['an address as session URI', ApiRoute.COMPLETE_LINK, { body: { sessionUri: 'https://example.com' } }],
    [
      'a session URI with more behind it',
      ApiRoute.COMPLETE_LINK,
      { body: { sessionUri: 'urn:ietf:params:oauth:request_uri:a\n' } },
    ],
    [
      'a session URI that is too long',
      ApiRoute.COMPLETE_LINK,
      { body: { sessionUri: `urn:ietf:params:oauth:request_uri:${'a'.repeat(1024)}` } },
    ],
  ])('because of %s is refused with what is wrong', async (_, route, parts) => {
    const reply = await ask(route, parts);
    expect(refusal(reply)).toEqual([400, 'INVALID_REQUEST']);
    expect(bodyOf<{ error: { message: string } }>(reply).error.message).toMatch(/^["A-Z].{20,}[.]$/);
    expect(linked).toEqual([]);
    expect(logged).toEqual([]);
  });

  test.each(['GET /', '$default', 'constructor', '__proto__', 'POST /sessions'])(
    'because %j is no route',
    async (route) => {
      expect(refusal(await ask(route))).toEqual([404, 'NOT_FOUND']);
    },
  );

  test('whatever it is, it gets a 4xx and never a fault', async () => {
    const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.base64String());
    const values = fc.dictionary(fc.constantFrom('limit', 'cursor', 'prefix', 'path'), texts);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(ApiRoute)),
        fc.oneof(texts, fc.constant(id)),
        values,
        fc.oneof(texts, fc.json()),
        async (route, session, query, body) => {
          const { statusCode } = await ask(route, { id: session, query, body });
          expect([200, 400, 404]).toContain(statusCode);
        },
      ),
      { numRuns: 300 },
    );
    expect(logged).toEqual([]);
  });
});

describe('a service that fails', () => {
  const ofService = (name: string, message: string) => Object.assign(new Error(message), { name, $metadata: {} });

  test.each<[string, Error, FailureCode]>([
    ['answers with an error', ofService('InternalServerError', 'said secret-key'), 'UNAVAILABLE'],
    ['refuses', ofService('AccessDenied', 'arn:aws:iam::111122223333:user/secret-key'), 'UNAVAILABLE'],
    ['is not there', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), 'UNAVAILABLE'],
    [
      'gives no credentials',
      Object.assign(new Error('Cannot assume'), { name: 'WorkspaceUnavailable' }),
      'UNAVAILABLE',
    ],
    ['is used wrongly', new TypeError('undefined is no function'), 'INTERNAL'],
  ])('because it %s is told to the caller in general, and in the log by name', async (_, error, code) => {
    failure = error;
    const reply = await ask(ApiRoute.LIST_SESSIONS);
    expect(refusal(reply)).toEqual([FAILURES[code].status, code]);
    expect(reply.body).not.toContain(error.message);
    const [line = '{}'] = logged;
    expect(JSON.parse(line)).toMatchObject({ level: 'error', code, error: error.name, route: 'GET /sessions' });
    expect(line).not.toContain('secret-key');
    expect(line).not.toContain('token-of-ada');
    expect(closedUsers).toEqual(['ada']);
  });
});

describe('completing a link', () => {
  const sessionUri = 'urn:ietf:params:oauth:request_uri:Abc-._~1';

  test('is done with the token of the caller, with or without its scheme', async () => {
    const event = requestOf('ada', ApiRoute.COMPLETE_LINK, { body: { sessionUri } });
    expect(await api(event)).toMatchObject({ statusCode: 204, body: '' });
    await api({ ...event, headers: { authorization: 'token-of-ada' } });
    await api({
      ...event,
      body: Buffer.from(JSON.stringify({ sessionUri })).toString('base64'),
      isBase64Encoded: true,
    });
    expect(linked).toEqual(Array.from({ length: 3 }, () => [sessionUri, 'token-of-ada']));
    expect(opened).toEqual([]);
  });

  test('that is refused is told without a reason', async () => {
    failure = new ApiFailure('LINK_REFUSED', 'The account was not linked.');
    expect(refusal(await ask(ApiRoute.COMPLETE_LINK, { body: { sessionUri } }))).toEqual([403, 'LINK_REFUSED']);
    expect(logged).toEqual([]);
  });
});

test('no reply is kept by anybody on the way, or taken for a page', async () => {
  for (const event of [requestOf('ada', 'GET /sessions'), requestOf('ada', 'GET /none')]) {
    expect((await api(event)).headers).toEqual({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  }
});

test('users are told apart by the issuer where their subject is no name of a folder', async () => {
  await api(withClaims({ ...accessClaims('a|b'), iss: `${ISSUER}1` }));
  await api(withClaims({ ...accessClaims('a|b'), iss: `${ISSUER}2` }));
  expect(new Set(opened).size).toBe(2);
});
