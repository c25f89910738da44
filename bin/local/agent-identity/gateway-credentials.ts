import type { Principal } from '../credentials';
import { RequestFault } from '../http-messages';
import type { ProviderSecret } from '../resources/credential-provider';
import type { WorkloadIdentity } from '../resources/workload-identity';
import { readProviderSecret, requireFound, requireVaultAccess, type IdentityCall } from './agent-identity';
import { resourceApiKey } from './credential-calls';
import { workloadAccessToken } from './workload-token-calls';

/** A gateway that asks for a credential for itself, in its role. */
export interface GatewayIdentityCall extends Pick<IdentityCall, 'identity' | 'secrets' | 'audit' | 'region'> {
  /** The ARN of the gateway. */
  readonly gatewayArn: string;
  /** The gateway in its role. */
  readonly principal: Principal;
}

/** What a gateway asks an OAuth provider for a token with. */
export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

/**
 * The key of a provider, for a gateway.
 *
 * @throws RequestFault with the codes of the service: 403 where the role may not get the key or read its secret, 404 where
 *   there is no such provider, or its secret has no value in this run
 */
export async function gatewayApiKey(call: GatewayIdentityCall, providerArn: string): Promise<string> {
  const { name, secret } = requireFound(
    call.identity.apiKeyProviders.find(({ arn }) => arn === providerArn),
    `the API key credential provider ${providerArn}`,
  );
  requireValue(call, secret);
  const own = await asWorkload(call);
  const input = { ...own.input, resourceCredentialProviderName: name };
  return (resourceApiKey({ ...own, input }) as { readonly apiKey: string }).apiKey;
}

/**
 * Id and secret of the client of a provider, for a gateway that gets tokens for itself.
 *
 * @throws RequestFault as for keys
 */
export async function gatewayOAuthClient(call: GatewayIdentityCall, providerArn: string): Promise<OAuthClient> {
  const provider = requireFound(
    call.identity.oauthProviders.find(({ arn }) => arn === providerArn),
    `the OAuth2 credential provider ${providerArn}`,
  );
  requireValue(call, provider.secret);
  const own = await asWorkload(call);
  requireVaultAccess(own, 'GetResourceOauth2Token', provider, identityOf(call));
  const clientSecret = readProviderSecret(own, provider.secret);
  if (clientSecret !== undefined && clientSecret !== '') return { clientId: provider.clientId, clientSecret };
  throw new RequestFault(
    404,
    'ResourceNotFoundException',
    `the secret of ${provider.name} does not have the field that the template names for the client secret`,
  );
}

/** @throws RequestFault 404 that says where the person adds the value */
function requireValue({ secrets, principal, region }: GatewayIdentityCall, secret: ProviderSecret): void {
  if (secret.kind === 'text') return;
  const { partition, account } = principal;
  const { name, value } = secrets.find(secret.id, { partition, account, region });
  if (value === undefined) throw new RequestFault(404, 'ResourceNotFoundException', secrets.advice(name));
}

/** The call of a workload that has a token: a gateway is one, with an identity that AgentCore makes for it. */
async function asWorkload(call: GatewayIdentityCall): Promise<IdentityCall> {
  const workload = identityOf(call);
  const own: IdentityCall = {
    ...call,
    identity: { ...call.identity, identities: [workload] },
    verifyUser: () => Promise.reject(new Error('a gateway asks for itself, so there is no user to verify')),
    input: { workloadName: workload.name },
  };
  const { workloadAccessToken: token } = (await workloadAccessToken(own, 'GetWorkloadAccessToken')) as {
    readonly workloadAccessToken: string;
  };
  return { ...own, input: { workloadIdentityToken: token } };
}

/** AgentCore names the identity of a gateway like the gateway. */
function identityOf({ gatewayArn }: GatewayIdentityCall): WorkloadIdentity {
  const [place = '', name = ''] = gatewayArn.split(':gateway/');
  const directoryArn = `${place}:workload-identity-directory/default`;
  return { name, directoryArn, arn: `${directoryArn}/workload-identity/${name}`, returnUrls: [] };
}
