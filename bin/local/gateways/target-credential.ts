import type { ResolvedTemplate } from '../../../lib/testing';
import { OAUTH_PROVIDER } from '../resources/credential-provider';

/** Where an OAuth provider gives tokens; undefined for vendors whose address the template does not have. */
export type TokenSource =
  | { readonly kind: 'endpoint'; readonly url: string }
  | { readonly kind: 'discovery'; readonly url: string }
  | undefined;

/** How a gateway proves to a target who it is. */
export type TargetCredential =
  | { readonly kind: 'none' }
  | {
      /** The role of the gateway signs. */
      readonly kind: 'role';
      readonly service: string;
      /** @default - that of the gateway */
      readonly region?: string;
    }
  | {
      readonly kind: 'apiKey';
      readonly providerArn: string;
      readonly place: 'header' | 'query';
      /** Of the header or of the query parameter. */
      readonly name: string;
      /** Stands before the key, with a space between. */
      readonly prefix?: string;
    }
  | {
      readonly kind: 'oauth';
      readonly providerArn: string;
      readonly tokens: TokenSource;
      readonly scopes: readonly string[];
      /** Further parameters of the token request. */
      readonly parameters: Readonly<Record<string, string>>;
    }
  /** `reason`: why calls with it are not made here. */
  | { readonly kind: 'unknown'; readonly reason: string };

interface CredentialConfiguration {
  readonly CredentialProviderType: string;
  readonly CredentialProvider?: {
    readonly IamCredentialProvider?: { readonly Service: string; readonly Region?: string };
    readonly ApiKeyCredentialProvider?: {
      readonly ProviderArn: string;
      readonly CredentialLocation?: string;
      readonly CredentialParameterName?: string;
      readonly CredentialPrefix?: string;
    };
    readonly OauthCredentialProvider?: {
      readonly ProviderArn: string;
      readonly Scopes?: readonly string[];
      readonly GrantType?: string;
      readonly CustomParameters?: Readonly<Record<string, string>>;
    };
  };
}

/** Reads the credential of one target of a stack. */
export function readTargetCredential(template: ResolvedTemplate, targetId: string): TargetCredential {
  const configurations = template.property(targetId, 'CredentialProviderConfigurations') as
    readonly CredentialConfiguration[] | undefined;
  const [configuration] = configurations ?? [];
  if (configuration === undefined) return { kind: 'none' };
  const { CredentialProviderType: type, CredentialProvider: provider = {} } = configuration;
  const { IamCredentialProvider: iam, ApiKeyCredentialProvider: key, OauthCredentialProvider: oauth } = provider;
  if (type === 'GATEWAY_IAM_ROLE' && iam !== undefined) {
    return { kind: 'role', service: iam.Service, ...(iam.Region === undefined ? {} : { region: iam.Region }) };
  }
  if (type === 'API_KEY' && key !== undefined) {
    return {
      kind: 'apiKey',
      providerArn: key.ProviderArn,
      place: key.CredentialLocation === 'QUERY_PARAMETER' ? 'query' : 'header',
      name: key.CredentialParameterName ?? 'Authorization',
      ...(key.CredentialPrefix === undefined ? {} : { prefix: key.CredentialPrefix }),
    };
  }
  if (type === 'OAUTH' && oauth !== undefined && (oauth.GrantType ?? 'CLIENT_CREDENTIALS') === 'CLIENT_CREDENTIALS') {
    return {
      kind: 'oauth',
      providerArn: oauth.ProviderArn,
      tokens: readTokenSource(template, oauth.ProviderArn),
      scopes: oauth.Scopes ?? [],
      parameters: oauth.CustomParameters ?? {},
    };
  }
  const grant = oauth?.GrantType === undefined ? '' : ` with the grant ${oauth.GrantType}`;
  return {
    kind: 'unknown',
    reason: `its credential is ${type}${grant}; GATEWAY_IAM_ROLE with a service, API_KEY and OAUTH with CLIENT_CREDENTIALS are used locally`,
  };
}

interface ProviderConfiguration {
  readonly TokenEndpoint?: string;
  readonly OauthDiscovery?: {
    readonly DiscoveryUrl?: string;
    readonly AuthorizationServerMetadata?: { readonly TokenEndpoint?: string };
  };
}

function readTokenSource(template: ResolvedTemplate, providerArn: string): TokenSource {
  const provider = template
    .resources()
    .find(
      ({ type, logicalId }) =>
        type === OAUTH_PROVIDER && template.getAtt(logicalId, 'CredentialProviderArn') === providerArn,
    );
  if (provider === undefined) return undefined;
  const configurations = (template.property(provider.logicalId, 'Oauth2ProviderConfigInput') ?? {}) as Readonly<
    Record<string, ProviderConfiguration>
  >;
  const [{ TokenEndpoint, OauthDiscovery = {} } = {}] = Object.values(configurations);
  const endpoint = TokenEndpoint ?? OauthDiscovery.AuthorizationServerMetadata?.TokenEndpoint;
  if (endpoint !== undefined) return { kind: 'endpoint', url: endpoint };
  const { DiscoveryUrl: discovery } = OauthDiscovery;
  return discovery === undefined ? undefined : { kind: 'discovery', url: discovery };
}
