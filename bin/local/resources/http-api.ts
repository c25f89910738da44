import { createHash } from 'node:crypto';
import type { ResolvedTemplate, TemplateResource } from '../../../lib/testing';
import { isTrustedAddress } from '../token-verifier';
import type { Place } from './agentcore-id';

export const HTTP_API = 'AWS::ApiGatewayV2::Api';

/** Which tokens a route takes. */
export interface ApiAuthorizer {
  readonly issuer: string;
  /** One of them has to be the token's `aud` or `client_id`. */
  readonly audience: readonly string[];
}

/** A route that a function answers. */
export interface ApiRoute {
  /** Such as `GET /sessions/{id}`, `ANY /{proxy+}` or `$default`. */
  readonly key: string;
  readonly functionArn: string;
  readonly authorizer?: ApiAuthorizer;
  /** The token needs one of them. */
  readonly scopes: readonly string[];
}

/** What pages of elsewhere may do. */
export interface ApiCors {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposed: readonly string[];
  readonly maxAgeSeconds?: number;
}

/** An AWS::ApiGatewayV2::Api of the template with what belongs to it. */
export interface TemplateHttpApi {
  readonly id: string;
  readonly name: string;
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  /** `$default`, or the first part of every path. */
  readonly stage: string;
  readonly routes: readonly ApiRoute[];
  readonly cors?: ApiCors;
}

/** Where tokens are read from, in lower case. */
const HEADER = '$request.header.authorization';

interface ApiProperties {
  readonly Name?: string;
  readonly ProtocolType?: string;
  readonly CorsConfiguration?: {
    readonly AllowOrigins?: readonly string[];
    readonly AllowMethods?: readonly string[];
    readonly AllowHeaders?: readonly string[];
    readonly ExposeHeaders?: readonly string[];
    readonly MaxAge?: number | string;
  };
}

interface IntegrationProperties {
  readonly IntegrationType: string;
  readonly IntegrationUri: string;
  readonly PayloadFormatVersion?: string;
}

interface AuthorizerProperties {
  readonly IdentitySource?: readonly string[];
  readonly AuthorizerType: string;
  readonly JwtConfiguration?: { readonly Issuer: string; readonly Audience?: readonly string[] };
}

interface RouteProperties {
  readonly RouteKey: string;
  readonly Target?: string;
  readonly AuthorizationType?: string;
  readonly AuthorizerId?: string;
  readonly AuthorizationScopes?: readonly string[];
}

/** `Ref` and attributes of HTTP APIs; undefined for other types. */
export function httpApiValue(
  { type, logicalId }: TemplateResource,
  attribute: string | undefined,
  place: Place,
  endpoint: string,
): string | undefined {
  if (type !== HTTP_API) return undefined;
  const key = ['api', place.account, place.region, place.stackName, logicalId].join('\n');
  const id = `a${createHash('sha256').update(key).digest('hex').slice(0, 9)}`;
  return new Map([
    ['Ref', id],
    ['ApiId', id],
    ['ApiEndpoint', apiUrl(id, endpoint)],
  ]).get(attribute ?? 'Ref');
}

/** Where an API serves, on this machine. */
export function apiUrl(id: string, endpoint: string): string {
  return `${endpoint}/apis/${id}`;
}

/** Where an API would serve once deployed. */
export function apiCloudUrl({ id, region }: Pick<TemplateHttpApi, 'id' | 'region'>): string {
  return `https://${id}.execute-api.${region}.amazonaws.com`;
}

/**
 * Reads one API of a stack.
 *
 * @throws Error saying why it cannot be run without a deployment
 */
export function readHttpApi(template: ResolvedTemplate, logicalId: string): TemplateHttpApi {
  const properties = template.properties(logicalId) as ApiProperties;
  if (properties.ProtocolType !== 'HTTP') {
    throw new Error(`its ProtocolType is ${properties.ProtocolType ?? 'missing'}; HTTP is run locally`);
  }
  const id = template.ref(logicalId);
  const ofApi = (type: string) => template.resourcesOfType(type).filter((one) => one.properties.ApiId === id);
  const [stage] = ofApi('AWS::ApiGatewayV2::Stage');
  const { CorsConfiguration: cors } = properties;
  const { partition, account, region } = template;
  return {
    id,
    name: properties.Name ?? logicalId,
    partition,
    account,
    region,
    stage: String(stage?.properties.StageName ?? '$default'),
    routes: ofApi('AWS::ApiGatewayV2::Route').map((route) =>
      readRoute(template, route.properties as unknown as RouteProperties),
    ),
    ...(cors === undefined
      ? {}
      : {
          cors: {
            origins: cors.AllowOrigins ?? [],
            methods: cors.AllowMethods ?? [],
            headers: cors.AllowHeaders ?? [],
            exposed: cors.ExposeHeaders ?? [],
            ...(cors.MaxAge === undefined ? {} : { maxAgeSeconds: Number(cors.MaxAge) }),
          },
        }),
  };
}

function readRoute(template: ResolvedTemplate, route: RouteProperties): ApiRoute {
  const { RouteKey: key, Target = '', AuthorizationType = 'NONE', AuthorizerId, AuthorizationScopes = [] } = route;
  const find = (type: string, ref: string | undefined): Record<string, unknown> | undefined =>
    template.resourcesOfType(type).find(({ logicalId }) => template.ref(logicalId) === ref)?.properties;

  const integration = find('AWS::ApiGatewayV2::Integration', Target.replace(/^integrations\//, ''));
  const { IntegrationType, IntegrationUri, PayloadFormatVersion } = (integration ??
    {}) as unknown as IntegrationProperties;
  const [functionArn] = /arn:[^:]+:lambda:[^/]+/.exec(IntegrationUri ?? '') ?? [];
  if (IntegrationType !== 'AWS_PROXY' || functionArn === undefined) {
    throw new Error(`its route ${key} is not answered by a function; such routes alone are run locally`);
  }
  if (PayloadFormatVersion !== '2.0') {
    throw new Error(
      `the integration of its route ${key} has the payload format ${PayloadFormatVersion ?? '1.0'}; 2.0 is run locally`,
    );
  }
  if (AuthorizationType === 'NONE') return { key, functionArn, scopes: [] };
  const authorizer = find('AWS::ApiGatewayV2::Authorizer', AuthorizerId) as AuthorizerProperties | undefined;
  const { JwtConfiguration: jwt, IdentitySource: [source = HEADER] = [] } = authorizer ?? {};
  if (AuthorizationType !== 'JWT' || jwt === undefined) {
    throw new Error(`its route ${key} has the authorization ${AuthorizationType}; NONE and JWT are run locally`);
  }
  if (source.toLowerCase() !== HEADER) {
    throw new Error(`its route ${key} has the token in ${source}; the header Authorization is read locally`);
  }
  if (!isTrustedAddress(jwt.Issuer)) {
    throw new Error(`the issuer of its route ${key} is "${jwt.Issuer}"; expected an https address`);
  }
  return {
    key,
    functionArn,
    scopes: AuthorizationScopes,
    authorizer: { issuer: jwt.Issuer, audience: jwt.Audience ?? [] },
  };
}
