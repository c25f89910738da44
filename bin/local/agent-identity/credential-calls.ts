import { RequestFault } from '../http-messages';
import { isRegisteredAddress } from '../identity/redirect-address';
import {
  findIdentity,
  readProviderSecret,
  requireFound,
  requireVaultAccess,
  type IdentityCall,
  type UserVerifier,
} from './agent-identity';
import type { LinkFlow, LinkRequest } from './token-vault';
import { requireText, userContext } from './workload-token-calls';
import { isSameUser, type WorkloadAccess, type WorkloadUser } from './workload-tokens';

/**
 * GetResourceOauth2Token for a user: the token, or where the user has to go to allow it.
 *
 * @param linkUrl where a user begins a flow
 * @throws RequestFault with the codes of the service
 */
export function resourceOauth2Token(call: IdentityCall, linkUrl: (flow: LinkFlow) => string): object {
  const { identity, input } = call;
  const { identity: workloadName, user } = requireAccess(call);
  const workload = findIdentity(identity, workloadName);
  const name = requireText(input, 'resourceCredentialProviderName');
  const provider = identity.oauthProviders.find((one) => one.name === name);
  requireVaultAccess(call, 'GetResourceOauth2Token', provider ?? vaultOf(workload.arn, name), workload);
  const found = requireFound(provider, `the OAuth2 credential provider "${name}"`);
  readProviderSecret(call, found.secret);
  if (input.oauth2Flow !== 'USER_FEDERATION') {
    throw invalid(`oauth2Flow is ${String(input.oauth2Flow)}; USER_FEDERATION is run locally`);
  }
  if (user === undefined) throw invalid('the workload access token names no user, and USER_FEDERATION is for one');
  const scopes = (Array.isArray(input.scopes) ? input.scopes : []).map(String);
  const returnUrl = requireText(input, 'resourceOauth2ReturnUrl');
  if (!isRegisteredAddress(returnUrl, workload.returnUrls)) {
    throw invalid(
      `the resourceOauth2ReturnUrl ${returnUrl} is not registered on the workload identity ${workload.name}; ` +
        `it has ${workload.returnUrls.join(', ') || 'none'}`,
    );
  }
  const request: LinkRequest = { identity: workload.name, user, provider: found, scopes, returnUrl };
  const token = input.forceAuthentication === true ? undefined : identity.vault.find(request);
  if (token !== undefined) return { accessToken: token };
  const customState = typeof input.customState === 'string' ? { customState: input.customState } : {};
  const flow = continued(call, user) ?? identity.vault.begin({ ...request, ...customState });
  if (flow.hasFailed) {
    identity.vault.abandon(flow);
    return { sessionUri: flow.sessionUri, sessionStatus: 'FAILED' };
  }
  return { authorizationUrl: linkUrl(flow), sessionUri: flow.sessionUri, sessionStatus: 'IN_PROGRESS' };
}

/**
 * CompleteResourceTokenAuth: the token of a flow becomes that of the user who began it, if it is that user who says so.
 *
 * @throws RequestFault with the codes of the service
 */
export async function completeResourceTokenAuth(call: IdentityCall, verifyUser: UserVerifier): Promise<object> {
  const { identity, input } = call;
  const flow = identity.vault.flow(requireText(input, 'sessionUri'));
  const { userToken, userId } = (input.userIdentifier ?? {}) as { userToken?: unknown; userId?: unknown };
  let user: WorkloadUser;
  if (typeof userToken === 'string') user = await verifyUser(userToken);
  else if (typeof userId === 'string') user = { kind: 'id', id: userId };
  else throw invalid('userIdentifier needs userToken or userId');
  if (flow === undefined) throw invalid('the sessionUri is unknown, was used before or has expired');

  const workload = findIdentity(identity, flow.identity);
  requireVaultAccess(call, 'CompleteResourceTokenAuth', flow.provider, workload, userContext(user));
  if (!isSameUser(user, flow.user)) {
    throw new RequestFault(
      403,
      'AccessDeniedException',
      'the user of userIdentifier is not the one who began this flow',
    );
  }
  if (flow.hasFailed || flow.code === undefined) {
    if (flow.hasFailed) identity.vault.abandon(flow);
    throw invalid(
      flow.hasFailed ? 'access was denied at the provider' : 'access has not been allowed at the provider yet',
    );
  }
  const { clientId, callbackUrl: redirectUri } = flow.provider;
  const token = identity.standIn.redeem(flow.code, { clientId, redirectUri });
  if (token === undefined) {
    identity.vault.abandon(flow);
    throw invalid('the provider did not take the code of this flow');
  }
  identity.vault.complete(flow, token);
  return {};
}

/**
 * GetResourceApiKey.
 *
 * @throws RequestFault with the codes of the service
 */
export function resourceApiKey(call: IdentityCall): object {
  const { identity, input } = call;
  const workload = findIdentity(identity, requireAccess(call).identity);
  const name = requireText(input, 'resourceCredentialProviderName');
  const provider = identity.apiKeyProviders.find((one) => one.name === name);
  requireVaultAccess(call, 'GetResourceApiKey', provider ?? vaultOf(workload.arn, name), workload);
  const { secret } = requireFound(provider, `the API key credential provider "${name}"`);
  const apiKey = readProviderSecret(call, secret);
  if (apiKey === undefined || apiKey === '') {
    throw new RequestFault(
      404,
      'ResourceNotFoundException',
      `the key of ${name} has no value in this local run; the output of its start says where to add it`,
    );
  }
  return { apiKey };
}

/** @throws RequestFault 401 */
function requireAccess({ identity, input }: IdentityCall): WorkloadAccess {
  const access = identity.tokens.read(input.workloadIdentityToken);
  if (access !== undefined) return access;
  throw new RequestFault(401, 'UnauthorizedException', 'the workload access token is not valid, or has expired');
}

/** The flow that the caller has begun before, if it goes on. */
function continued({ identity, input }: IdentityCall, user: WorkloadUser): LinkFlow | undefined {
  if (input.sessionUri === undefined) return undefined;
  const flow = identity.vault.flow(input.sessionUri);
  if (flow === undefined || !isSameUser(flow.user, user)) {
    throw invalid('the sessionUri is unknown, was used before or has expired');
  }
  return flow;
}

/** Where a provider of this name would be, so that an unknown one is denied like one that is there. */
function vaultOf(identityArn: string, name: string): { readonly arn: string } {
  return { arn: identityArn.replace(/:workload-identity-directory\/.*$/, `:token-vault/default/unknown/${name}`) };
}

function invalid(message: string): RequestFault {
  return new RequestFault(400, 'ValidationException', message);
}
