import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from './sha256.ts';

/** One POST to a service. Header names are in lower case. */
export interface PostRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The headers of a POST with what lets it in. */
export type Authorize = (request: PostRequest) => Promise<Record<string, string>>;

/** Signs with the credentials of the agent's role, which are renewed before they expire. */
export function signedPost(service: string, region: string): Authorize {
  const signer = new SignatureV4({ service, region, credentials: defaultProvider(), sha256: Sha256 });
  return async ({ url, headers, body }) => {
    const { protocol, hostname, port, pathname, host } = url;
    const signed = await signer.sign({
      ...{ method: 'POST', protocol, hostname, path: pathname, body, headers: { ...headers, host } },
      ...(port !== '' && { port: Number(port) }),
    });
    // `fetch` sends it by itself.
    return Object.fromEntries(Object.entries(signed.headers).filter(([name]) => name !== 'host'));
  };
}
