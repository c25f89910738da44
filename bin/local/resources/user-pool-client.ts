import { createHash } from 'node:crypto';
import type { ResolvedTemplate } from '../../../lib/testing';
import type { Identity } from '../identity/identity';

/** An AWS::Cognito::UserPoolClient of the template. */
export interface PoolClient {
  readonly id: string;
  readonly name: string;
  /** Undefined for a public client. */
  readonly secret?: string;
  readonly callbackUrls: readonly string[];
  readonly logoutUrls: readonly string[];
  /** What it may ask for, of `code` and `client_credentials`. */
  readonly flows: readonly string[];
  readonly scopes: readonly string[];
  readonly accessTokenSeconds: number;
  readonly idTokenSeconds: number;
  readonly refreshTokenSeconds: number;
  /** For how long a refresh token is good after a new one has replaced it; undefined when none ever does. */
  readonly rotationGraceSeconds?: number;
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };

interface ClientProperties {
  readonly ClientName?: string;
  readonly GenerateSecret?: boolean | string;
  readonly CallbackURLs?: readonly string[];
  readonly LogoutURLs?: readonly string[];
  readonly AllowedOAuthFlowsUserPoolClient?: boolean | string;
  readonly AllowedOAuthFlows?: readonly string[];
  readonly AllowedOAuthScopes?: readonly string[];
  readonly AccessTokenValidity?: number | string;
  readonly IdTokenValidity?: number | string;
  readonly RefreshTokenValidity?: number | string;
  readonly TokenValidityUnits?: {
    readonly AccessToken?: string;
    readonly IdToken?: string;
    readonly RefreshToken?: string;
  };
  readonly RefreshTokenRotation?: { readonly Feature?: string; readonly RetryGracePeriodSeconds?: number | string };
}

/** The id of a client: stable from run to run, in the form that Cognito gives. */
export function clientId({ account, region, stackName }: ResolvedTemplate, logicalId: string): string {
  const key = ['client', account, region, stackName, logicalId].join('\n');
  return createHash('sha256').update(key).digest('hex').slice(0, 26);
}

/** Reads one client of a stack. */
export function readClient(template: ResolvedTemplate, logicalId: string, identity: () => Identity): PoolClient {
  const properties = template.properties(logicalId) as ClientProperties;
  const id = clientId(template, logicalId);
  const { TokenValidityUnits: units = {}, RefreshTokenRotation: rotation } = properties;
  return {
    id,
    name: properties.ClientName ?? logicalId,
    ...(isTrue(properties.GenerateSecret) ? { secret: identity().clientSecret(id) } : {}),
    callbackUrls: properties.CallbackURLs ?? [],
    logoutUrls: properties.LogoutURLs ?? [],
    flows: isTrue(properties.AllowedOAuthFlowsUserPoolClient) ? (properties.AllowedOAuthFlows ?? []) : [],
    scopes: properties.AllowedOAuthScopes ?? [],
    // Cognito's defaults: an hour, an hour, 30 days.
    accessTokenSeconds: seconds(properties.AccessTokenValidity, units.AccessToken ?? 'hours', 3_600),
    idTokenSeconds: seconds(properties.IdTokenValidity, units.IdToken ?? 'hours', 3_600),
    refreshTokenSeconds: seconds(properties.RefreshTokenValidity, units.RefreshToken ?? 'days', 30 * 86_400),
    ...(rotation?.Feature === 'ENABLED' ? { rotationGraceSeconds: Number(rotation.RetryGracePeriodSeconds ?? 0) } : {}),
  };
}

function seconds(value: number | string | undefined, unit: string, fallback: number): number {
  return value === undefined ? fallback : Number(value) * (UNIT_SECONDS[unit] ?? 1);
}

function isTrue(value: boolean | string | undefined): boolean {
  return String(value) === 'true';
}
