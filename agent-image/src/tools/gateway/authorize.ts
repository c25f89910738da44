import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { SignatureV4 } from '@smithy/signature-v4';
import type { SessionTokens } from '../../user-identity/request-tokens.ts';
import { errorName } from '../error-name.ts';
import { GatewayFault } from './gateway-fault.ts';
import { Sha256 } from './sha256.ts';

/** One request to a gateway. Header names are in lower case. */
export interface GatewayRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The headers of a POST with what lets it in. */
export type Authorize = (request: GatewayRequest) => Promise<Record<string, string>>;

/** Source: the service that the gateway's IAM authorizer wants in the scope of a signature. */
const SERVICE = 'bedrock-agentcore';

/** Signs with the credentials of the agent's role, which are renewed before they expire. */
export function signing(region: string): Authorize {
  const signer = new SignatureV4({ service: SERVICE, region, credentials: defaultProvider(), sha256: Sha256 });
  return async ({ url, headers, body }) => {
    const { protocol, hostname, port, pathname, host } = url;
    try {
      const signed = await signer.sign({
        ...{ method: 'POST', protocol, hostname, path: pathname, body, headers: { ...headers, host } },
        ...(port !== '' && { port: Number(port) }),
      });
      // `fetch` sends it by itself.
      return Object.fromEntries(Object.entries(signed.headers).filter(([name]) => name !== 'host'));
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
