import { clientOf, pageClient, poolOf, signIn } from './support/browser';
import { ForgedTokens } from './support/forged-tokens';
import { POOL, signInRuntime } from './support/pool-app';
import { TestRun } from './support/test-run';
import { functionResources } from './support/tool-app';

const API = { Ref: 'Api' };
const PAGE = 'https://agent.example.com';

const route = (key: string, more: object = {}): Record<string, unknown> => ({
  Type: 'AWS::ApiGatewayV2::Route',
  Properties: {
    ApiId: API,
    RouteKey: key,
    Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
    ...more,
  },
});
const signedIn = (more: object = {}): object => ({
  AuthorizationType: 'JWT',
  AuthorizerId: { Ref: 'Authorizer' },
  ...more,
});

const RESOURCES: Readonly<Record<string, unknown>> = {
  ...POOL,
  ...functionResources('Backend', {
    handler: 'index.api',
    properties: { Environment: { Variables: { SELF: { 'Fn::GetAtt': ['Api', 'ApiEndpoint'] } } } },
  }),
  Api: {
    Type: 'AWS::ApiGatewayV2::Api',
    Properties: {
      Name: 'sessions',
      ProtocolType: 'HTTP',
      CorsConfiguration: {
        AllowOrigins: [PAGE],
        AllowMethods: ['GET', 'PATCH'],
        AllowHeaders: ['authorization'],
        MaxAge: 600,
      },
    },
  },
  Stage: {
    Type: 'AWS::ApiGatewayV2::Stage',
    Properties: { ApiId: API, StageName: '$default', AutoDeploy: true },
  },
  Integration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: {
      ApiId: API,
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: { 'Fn::GetAtt': ['Backend', 'Arn'] },
      PayloadFormatVersion: '2.0',
    },
  },
  Authorizer: {
    Type: 'AWS::ApiGatewayV2::Authorizer',
    Properties: {
      ApiId: API,
      Name: 'users',
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: {
        Issuer: { 'Fn::Sub': 'https://cognito-idp.${AWS::Region}.amazonaws.com/${Pool}' },
        Audience: [{ Ref: 'Web' }],
      },
    },
  },
  Open: route('GET /open/{proxy+}'),
  Session: route('GET /sessions/{id}', signedIn()),
  Rename: route('PATCH /sessions/{id}', signedIn({ AuthorizationScopes: ['email', 'phone'] })),
  Strict: route('GET /strict', signedIn({ AuthorizationScopes: ['phone'] })),
  Permission: {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      FunctionName: { 'Fn::GetAtt': ['Backend', 'Arn'] },
      Action: 'lambda:InvokeFunction',
      Principal: 'apigateway.amazonaws.com',
      SourceArn: { 'Fn::Sub': 'arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/*/sessions/{id}' },
    },
  },
  OpenPermission: {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      FunctionName: { Ref: 'Backend' },
      Action: 'lambda:InvokeFunction',
      Principal: 'apigateway.amazonaws.com',
      SourceArn: { 'Fn::Sub': 'arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/GET/open/*' },
    },
  },
};

let run: TestRun;
let url: string;

async function start(resources: Readonly<Record<string, unknown>> = {}): Promise<void> {
  run = await new TestRun([signInRuntime()], { ...RESOURCES, ...resources }).start();
  url = run.up.httpApis[0]?.url ?? '';
}

afterEach(() => run.remove());

const get = async (path: string, token?: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${url}${path}`, {
    ...init,
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...init.headers },
  });

const alice = async (scope?: string): Promise<string> =>
  (await signIn(pageClient(run.up, scope), 'alice')).access_token;

describe('an HTTP API', () => {
  beforeEach(() => start());

  it('gives its function the request of a signed-in user in the format of API Gateway', async () => {
    const reply = await get('/sessions/a%2Fb?limit=5&tag=x&tag=y', await alice(), {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', cookie: 'c=1; d=2' },
      body: '{"title":"ü"}',
    });
    const event = (await reply.json()) as Record<string, unknown>;

    expect(reply.status).toBe(200);
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'PATCH /sessions/{id}',
      rawPath: '/sessions/a%2Fb',
      rawQueryString: 'limit=5&tag=x&tag=y',
      queryStringParameters: { limit: '5', tag: 'x,y' },
      pathParameters: { id: 'a/b' },
      cookies: ['c=1', 'd=2'],
      body: '{"title":"ü"}',
      isBase64Encoded: false,
      requestContext: {
        http: { method: 'PATCH', path: '/sessions/a%2Fb' },
        stage: '$default',
        authorizer: {
          jwt: {
            claims: { token_use: 'access', client_id: clientOf(run.up, 'web page'), 'cognito:groups': '[admins]' },
            scopes: ['openid', 'email'],
          },
        },
      },
    });
  });

  it('makes a response of whatever its function gives back', async () => {
    const plain = await get('/open/plain');
    const binary = await get('/open/binary');

    expect([plain.status, plain.headers.get('content-type'), await plain.json()]).toEqual([
      200,
      'application/json',
      { plain: true },
    ]);
    expect([binary.status, binary.headers.get('content-type'), binary.headers.getSetCookie()]).toEqual([
      201,
      'image/png',
      ['a=1', 'b=2'],
    ]);
    expect([...new Uint8Array(await binary.arrayBuffer())]).toEqual([1, 2, 3]);
  });

  it.each(['fail', 'odd'])(
    'tells callers nothing of a function that is asked to %s; the run’s output has it',
    async (how) => {
      const reply = await get(`/open/${how}`);

      expect([reply.status, await reply.json()]).toEqual([500, { message: 'Internal Server Error' }]);
      expect(run.lines.join('\n')).toContain('GET /open/{proxy+} of API sessions: the function backend');
    },
  );

  it.each(['/other', '/sessions', '/open/', '/sessions/a/b'])('has no route for %s', async (path) => {
    const reply = await get(path);

    expect([reply.status, await reply.json()]).toEqual([404, { message: 'Not Found' }]);
  });

  it('lets pages of its origin and of this machine read answers, and no others', async () => {
    const preflight = (origin: string): Promise<Response> =>
      get('/sessions/a', undefined, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'PATCH' },
      });
    const [own, local, foreign] = await Promise.all(
      [PAGE, 'http://localhost:5173', 'https://evil.example.com'].map(preflight),
    );

    expect(own?.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(own?.headers.get('access-control-allow-methods')).toBe('GET,PATCH');
    expect(local?.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
    expect(foreign?.headers.get('access-control-allow-origin')).toBeNull();
    expect(
      (await get('/sessions/a', undefined, { headers: { origin: PAGE } })).headers.get('access-control-allow-origin'),
    ).toBe(PAGE);
  });

  it('answers 401 without saying why in the body for every token that is not good', async () => {
    const user = await signIn(pageClient(run.up), 'alice');
    const forged = new ForgedTokens(run.state, user.access_token);
    const now = Math.floor(Date.now() / 1000);
    const refused: Record<string, string | undefined> = {
      none: undefined,
      'no token': 'nonsense',
      'another issuer': await forged.with({ iss: 'http://127.0.0.1:1/pool' }),
      'another client': await forged.with({ client_id: 'other' }),
      expired: await forged.with({ exp: now - 1 }),
      'not valid yet': await forged.with({ nbf: now + 600 }),
      'issued in the future': await forged.with({ iat: now + 600 }),
      unsigned: forged.unsigned(),
      'signed with the public key': await forged.byPublicKey(),
      'a key that is not known': await forged.byStranger('unknown'),
      'a key of somebody else': await forged.byStranger(),
    };

    for (const [what, token] of Object.entries(refused)) {
      const reply = await get('/sessions/a', token);
      expect([what, reply.status, await reply.text()]).toEqual([what, 401, '{"message":"Unauthorized"}']);
      expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
    // A token is good to its last second, and both kinds of tokens are: the function looks at token_use.
    expect((await get('/sessions/a', await forged.with({ exp: now + 30 }))).status).toBe(200);
    expect((await get('/sessions/a', user.id_token)).status).toBe(200);
  });

  it('answers 403 where the token lacks the scopes of the route', async () => {
    const reply = await get('/strict', await alice());

    expect([reply.status, await reply.json()]).toEqual([403, { message: 'Forbidden' }]);
    expect(reply.headers.get('www-authenticate')).toContain('insufficient_scope');
  });
});

describe('an API whose function does not let it in', () => {
  it('answers 500, and the run’s output says what is missing', async () => {
    await start({ Strict: route('GET /strict') });
    const reply = await get('/strict');

    expect(reply.status).toBe(500);
    expect(run.lines.join('\n')).toContain('no AWS::Lambda::Permission lets apigateway.amazonaws.com call');
    expect(poolOf(run.up).users).toEqual(['alice', 'bob']);
  });
});
