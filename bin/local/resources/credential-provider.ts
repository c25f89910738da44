import type { ResolvedTemplate, TemplateResource } from '../../../lib/testing';
import { stableUuid } from '../stable-uuid';
import { agentCoreArn, type Place } from './agentcore-id';

export const OAUTH_PROVIDER = 'AWS::BedrockAgentCore::OAuth2CredentialProvider';
export const API_KEY_PROVIDER = 'AWS::BedrockAgentCore::ApiKeyCredentialProvider';

/** What the ARNs of the two kinds have between the vault and the name. */
const KINDS: ReadonlyMap<string, string> = new Map([
  [OAUTH_PROVIDER, 'oauth2credentialprovider'],
  [API_KEY_PROVIDER, 'apikeycredentialprovider'],
]);

/** Where a provider has its secret or key from. */
export type ProviderSecret =
  | { readonly kind: 'secret'; readonly id: string; readonly field: string }
  | { readonly kind: 'text'; readonly text: string };

interface CredentialProvider {
  readonly name: string;
  readonly arn: string;
  readonly secret: ProviderSecret;
}

/** An AWS::BedrockAgentCore::OAuth2CredentialProvider of the template. */
export interface TemplateOAuthProvider extends CredentialProvider {
  readonly vendor: string;
  readonly clientId: string;
  /** Where the vendor sends the user's browser: AgentCore's own page. */
  readonly callbackUrl: string;
}

/** An AWS::BedrockAgentCore::ApiKeyCredentialProvider of the template. */
export type TemplateApiKeyProvider = CredentialProvider;

/** `Ref` and attributes of credential providers; undefined for other types. */
export function credentialProviderValue(
  { type, logicalId, properties }: TemplateResource,
  attribute: string | undefined,
  place: Place,
  endpoint: string,
): string | undefined {
  const kind = KINDS.get(type);
  if (kind === undefined) return undefined;
  const name = String(properties.Name ?? logicalId);
  const arn = agentCoreArn(`token-vault/default/${kind}/${name}`, place);
  return new Map([
    ['Ref', arn],
    ['CredentialProviderArn', arn],
    ['CallbackUrl', `${endpoint}/identities/oauth2/callback/${stableUuid(arn)}`],
    ['Status', 'READY'],
  ]).get(attribute ?? 'Ref');
}

interface OAuthConfig {
  readonly ClientId?: string;
  readonly ClientSecret?: string;
  readonly ClientSecretConfig?: { readonly SecretId: string; readonly JsonKey: string };
}

/** Reads one OAuth provider of a stack. */
export function readOAuthProvider(template: ResolvedTemplate, logicalId: string): TemplateOAuthProvider {
  const configs = (template.property(logicalId, 'Oauth2ProviderConfigInput') ?? {}) as Record<string, OAuthConfig>;
  const [config = {}] = Object.values(configs);
  const { ClientId = '', ClientSecret = '', ClientSecretConfig } = config;
  return {
    name: String(template.property(logicalId, 'Name')),
    arn: template.getAtt(logicalId, 'CredentialProviderArn'),
    vendor: String(template.property(logicalId, 'CredentialProviderVendor')),
    clientId: ClientId,
    callbackUrl: template.getAtt(logicalId, 'CallbackUrl'),
    secret: secretOf(ClientSecretConfig, ClientSecret),
  };
}

/** Reads one provider of keys of a stack. */
export function readApiKeyProvider(template: ResolvedTemplate, logicalId: string): TemplateApiKeyProvider {
  const config = template.property(logicalId, 'ApiKeySecretConfig') as OAuthConfig['ClientSecretConfig'];
  return {
    name: String(template.property(logicalId, 'Name')),
    arn: template.getAtt(logicalId, 'CredentialProviderArn'),
    secret: secretOf(config, String(template.property(logicalId, 'ApiKey') ?? '')),
  };
}

function secretOf(config: OAuthConfig['ClientSecretConfig'], text: string): ProviderSecret {
  return config === undefined ? { kind: 'text', text } : { kind: 'secret', id: config.SecretId, field: config.JsonKey };
}
