import { ResolvedTemplate } from '../../../lib/testing';
import { matchRoute } from '../../../bin/local/http-apis/route-match';
import { readHttpApi } from '../../../bin/local/resources/http-api';

const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:f';

function read(changes: {
  readonly api?: object;
  readonly integration?: object;
  readonly route?: object;
  readonly authorizer?: object;
}): ReturnType<typeof readHttpApi> {
  const ApiId = 'the-api';
  const Resources = {
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP', ...changes.api } },
    Integration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId,
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: FUNCTION,
        PayloadFormatVersion: '2.0',
        ...changes.integration,
      },
    },
    Authorizer: {
      Type: 'AWS::ApiGatewayV2::Authorizer',
      Properties: {
        ApiId,
        AuthorizerType: 'JWT',
        JwtConfiguration: { Issuer: 'https://issuer.example.com', Audience: ['client'] },
        ...changes.authorizer,
      },
    },
    Route: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId,
        RouteKey: 'GET /a',
        Target: 'integrations/Integration',
        AuthorizationType: 'JWT',
        AuthorizerId: 'Authorizer',
        ...changes.route,
      },
    },
  };
  const values: Readonly<Record<string, string>> = { Api: ApiId, Integration: 'Integration', Authorizer: 'Authorizer' };
  return readHttpApi(new ResolvedTemplate({ Resources }, { attribute: ({ logicalId }) => values[logicalId] }), 'Api');
}

describe('an API of a template', () => {
  it('is read with its routes, whatever the form of the integration', () => {
    const uri = `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${FUNCTION}/invocations`;

    for (const IntegrationUri of [FUNCTION, uri]) {
      expect(read({ integration: { IntegrationUri } }).routes).toEqual([
        {
          key: 'GET /a',
          functionArn: FUNCTION,
          scopes: [],
          authorizer: { issuer: 'https://issuer.example.com', audience: ['client'] },
        },
      ]);
    }
  });

  it.each<[string, Parameters<typeof read>[0], string]>([
    ['WebSockets', { api: { ProtocolType: 'WEBSOCKET' } }, 'its ProtocolType is WEBSOCKET; HTTP is run locally'],
    ['another integration', { integration: { IntegrationType: 'HTTP_PROXY' } }, 'is not answered by a function'],
    ['the older format', { integration: { PayloadFormatVersion: '1.0' } }, 'has the payload format 1.0; 2.0 is run'],
    ['IAM', { route: { AuthorizationType: 'AWS_IAM' } }, 'has the authorization AWS_IAM; NONE and JWT are run'],
    [
      'a token elsewhere',
      { authorizer: { IdentitySource: ['$request.querystring.t'] } },
      'has the token in $request.querystring.t',
    ],
    [
      'an issuer in the clear',
      { authorizer: { JwtConfiguration: { Issuer: 'http://issuer.example.com' } } },
      'expected an https address',
    ],
  ])('cannot be run with %s', (_, changes, message) => {
    expect(() => read(changes)).toThrow(message);
  });
});

describe('the route of a request', () => {
  const routes = ['$default', 'ANY /a/{proxy+}', 'GET /a/{proxy+}', 'GET /a/{id}', 'GET /a/b', 'ANY /a/b', 'GET /'].map(
    (key) => ({ key }),
  );

  it.each<[string, string, string, Record<string, string>]>([
    ['GET', '/a/b', 'GET /a/b', {}],
    ['PUT', '/a/b', 'ANY /a/b', {}],
    ['GET', '/a/c%20d', 'GET /a/{id}', { id: 'c d' }],
    ['GET', '/a/c/d', 'GET /a/{proxy+}', { proxy: 'c/d' }],
    ['PUT', '/a/c', 'ANY /a/{proxy+}', { proxy: 'c' }],
    ['GET', '/', 'GET /', {}],
    ['GET', '/other', '$default', {}],
    ['GET', '/a/', '$default', {}],
  ])('%s %s is %s', (method, path, key, parameters) => {
    expect(matchRoute(routes, method, path)).toMatchObject({ route: { key }, parameters });
  });

  it('is none where nothing fits', () => {
    expect(matchRoute([{ key: 'GET /a' }], 'GET', '/b')).toBeUndefined();
  });
});
