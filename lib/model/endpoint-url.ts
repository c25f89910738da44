import { Token } from 'aws-cdk-lib';

/** What speaks against sending a key and prompts to this address. Only the host is repeated: the rest may be secret. */
export function endpointUrlFindings(url: string): string[] {
  // Also where the rest is only known at deployment.
  if (/^http:/i.test(url)) {
    return ['url begins with "http://", and the key would travel in the clear; give one that begins with "https://"'];
  }
  if (Token.isUnresolved(url)) return [];
  if (!URL.canParse(url)) return ['url is no address; give one such as "https://models.example.com"'];

  const { protocol, host, username, password, search, hash, pathname } = new URL(url);
  if (protocol !== 'https:') return [`url begins with "${protocol}"; give one that begins with "https://"`];
  return [
    ...(username !== '' || password !== ''
      ? [`url of ${host} has credentials in it, which the template would show; keep them in the secret`]
      : []),
    ...(search !== '' || hash !== '' || /[?#]/.test(url)
      ? [`url of ${host} has a query or a fragment, after which no path can be appended; take it out`]
      : []),
    ...(/\/v1(\/messages)?\/?$/.test(pathname)
      ? [`url of ${host} ends in "${pathname}", and the agent appends /v1/messages itself; take "/v1…" out`]
      : []),
  ];
}
