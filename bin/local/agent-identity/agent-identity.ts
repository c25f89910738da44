import type { Audit } from '../audit';
import type { Principal } from '../credentials';
import { RequestFault } from '../http-messages';
import type { ProviderSecret, TemplateApiKeyProvider, TemplateOAuthProvider } from '../resources/credential-provider';
import type { WorkloadIdentity } from '../resources/workload-identity';
import type { SecretStore } from '../secrets/secret-store';
import type { OAuthStandIn } from './oauth-stand-in';
import type { TokenVault } from './token-vault';
import type { WorkloadTokens, WorkloadUser } from './workload-tokens';

/** What AgentCore Identity keeps, for the workloads of a run. */
export interface AgentIdentity {
  readonly identities: readonly WorkloadIdentity[];
  readonly oauthProviders: readonly TemplateOAuthProvider[];
  readonly apiKeyProviders: readonly TemplateApiKeyProvider[];
  readonly tokens: WorkloadTokens;
  readonly vault: TokenVault;
  readonly standIn: OAuthStandIn;
}

/** Verifies the token of a user of the app. */
export type UserVerifier = (token: string) => Promise<WorkloadUser>;

/** One signed call of AgentCore Identity. */
export interface IdentityCall {
  readonly identity: AgentIdentity;
  readonly verifyUser: UserVerifier;
  readonly secrets: SecretStore;
  readonly audit: Audit;
  readonly principal: Principal;
  readonly region: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** @throws RequestFault 404 */
export function findIdentity({ identities }: AgentIdentity, name: unknown): WorkloadIdentity {
  return requireFound(
    identities.find((one) => one.name === name),
    `the workload identity "${String(name)}"`,
  );
}

/** @throws RequestFault 404 */
export function requireFound<T>(found: T | undefined, what: string): T {
  if (found !== undefined) return found;
  throw new RequestFault(404, 'ResourceNotFoundException', `${what} is not in this local run`);
}

/**
 * Requires an action on a credential provider: on the vault and the provider, and on the identity and its directory.
 *
 * @throws RequestFault 403
 */
export function requireVaultAccess(
  { audit, principal }: IdentityCall,
  action: string,
  provider: { readonly arn: string },
  { arn, directoryArn }: WorkloadIdentity,
  context: Readonly<Record<string, string>> = {},
): void {
  const [vaultArn = ''] = /^.*:token-vault\/[^/]+/.exec(provider.arn) ?? [];
  const resources = [vaultArn, provider.arn, directoryArn, arn];
  audit.require(
    principal,
    resources.map((resource) => ({ action: `bedrock-agentcore:${action}`, resource, context })),
  );
}

/**
 * The secret or key of a provider, which AgentCore reads as whoever asks for a credential.
 *
 * @returns undefined when it has no value in this run
 * @throws RequestFault 403 when the caller may not read the secret
 */
export function readProviderSecret(
  { secrets, audit, principal, region }: IdentityCall,
  secret: ProviderSecret,
): string | undefined {
  if (secret.kind === 'text') return secret.text;
  const { partition, account } = principal;
  const { arn, value } = secrets.find(secret.id, { partition, account, region });
  audit.require(principal, [
    { action: 'secretsmanager:GetSecretValue', resource: arn, context: { 'secretsmanager:SecretId': arn } },
  ]);
  if (value === undefined) return undefined;
  return fieldOf(value, secret.field);
}

function fieldOf(value: string, field: string): string | undefined {
  try {
    const found = (JSON.parse(value) as Readonly<Record<string, unknown>> | null)?.[field];
    return typeof found === 'string' ? found : undefined;
  } catch {
    return undefined;
  }
}
