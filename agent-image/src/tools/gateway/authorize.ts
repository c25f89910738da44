import { type Authorize, signedPost } from '../../signed-post.ts';
import type { SessionTokens } from '../../user-identity/request-tokens.ts';
import { errorName } from '../error-name.ts';
import { GatewayFault } from './gateway-fault.ts';

/** Source: the service that the gateway's IAM authorizer wants in the scope of a signature. */
const SERVICE = 'bedrock-agentcore';

/** Signs with the credentials of the agent's role. */
export function signing(region: string): Authorize {
  const sign = signedPost(SERVICE, region);
  return async (request) => {
    try {
      return await sign(request);
    } catch (error) {
      // The name only: the message may tell where credentials were looked for.
      throw new GatewayFault('GATEWAY_ACCESS_DENIED', `no credentials of the agent's role: ${errorName(error)}`);
    }
  };
}

/** Sends the access token that the newest request of the session brought. */
export function asUser(tokens: SessionTokens): Authorize {
  return ({ headers }) => {
    const { accessToken } = tokens.newest;
    if (accessToken === undefined) {
      return Promise.reject(new GatewayFault('GATEWAY_SIGN_IN_EXPIRED', 'the newest request brought no bearer token'));
    }
    return Promise.resolve({ ...headers, authorization: `Bearer ${accessToken}` });
  };
}
