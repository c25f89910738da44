import { gatewayApiKey, type GatewayIdentityCall } from '../agent-identity/gateway-credentials';
import type { MintedCredentials } from '../credentials';
import { sign } from '../sigv4';
import { ClientCredentials } from './client-credentials';
import type { OutboundCredential, OutboundRequest } from './outbound-requests';
import { NO_CREDENTIAL } from './no-credential';
import type { TargetCredential } from './target-credential';
import { TargetFault } from './target-fault';

/** A gateway as the holder of its credentials. */
export interface CredentialHolder {
  readonly identityCall: GatewayIdentityCall;
  /** Those of the role, which are worth something in this run only. */
  readonly roleCredentials: () => MintedCredentials;
}

/** The credential that a target of the template has. */
export function outboundCredential(
  description: Exclude<TargetCredential, { readonly kind: 'unknown' }>,
  { identityCall, roleCredentials }: CredentialHolder,
): OutboundCredential {
  switch (description.kind) {
    case 'none':
      return NO_CREDENTIAL;
    case 'role':
      return {
        authorize: (request) => signed(request, description, roleCredentials(), identityCall.region),
        hide: (text) => text,
      };
    case 'apiKey':
      return secretive(
        () => gatewayApiKey(identityCall, description.providerArn),
        (request, key) => withKey(request, description, key),
      );
    case 'oauth': {
      const tokens = new ClientCredentials(identityCall, description);
      return secretive(
        () => tokens.token(),
        ({ headers, ...request }, token) => ({ ...request, headers: { ...headers, authorization: `Bearer ${token}` } }),
      );
    }
  }
}

/** What stands in a text where a credential was. */
const HIDDEN = '<credential>';

/** A credential that is a secret, which is got for each request: a role may lose its permissions, and the key may change. */
function secretive(
  get: () => Promise<string>,
  apply: (request: OutboundRequest, secret: string) => OutboundRequest,
): OutboundCredential {
  const sent = new Set<string>();
  return {
    async authorize(request) {
      const secret = await get();
      // The message about a header that cannot be sent would have the secret in it.
      if (!/^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(secret)) {
        throw new TargetFault(
          'the credential is empty or has a character that cannot be sent, such as a line break; correct the value of its secret',
        );
      }
      for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) sent.add(form);
      return apply(request, secret);
    },
    hide: (text) => [...sent].reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), text),
  };
}

function withKey(
  request: OutboundRequest,
  { place, name, prefix }: Extract<TargetCredential, { readonly kind: 'apiKey' }>,
  key: string,
): OutboundRequest {
  const value = prefix === undefined ? key : `${prefix} ${key}`;
  if (place === 'header') return { ...request, headers: { ...request.headers, [name.toLowerCase()]: value } };
  const url = new URL(request.url);
  url.searchParams.set(name, value);
  return { ...request, url };
}

async function signed(
  request: OutboundRequest,
  { service, region }: Extract<TargetCredential, { readonly kind: 'role' }>,
  credentials: MintedCredentials,
  ownRegion: string,
): Promise<OutboundRequest> {
  const { url, method, headers, body = '' } = request;
  const whole = await sign(
    { method, url: `${url.pathname}${url.search}`, headers: { ...headers, host: url.host }, body: Buffer.from(body) },
    { credentials, region: region ?? ownRegion, service },
  );
  // `fetch` sets the host itself.
  return { ...request, headers: Object.fromEntries(Object.entries(whole).filter(([name]) => name !== 'host')) };
}
