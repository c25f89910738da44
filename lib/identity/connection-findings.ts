import { Token } from 'aws-cdk-lib';

/** Names by which an agent knows its connections: they end the names of environment variables. */
const NAME = /^[A-Z][A-Z0-9]{0,15}$/;

/** Return addresses: UpdateWorkloadIdentity in the AgentCore control plane API reference. */
const MAX_URL_CHARACTERS = 2048;

/** What speaks against the name of a connection. */
export function connectionNameFindings(name: string): string[] {
  return NAME.test(name)
    ? []
    : [
        `connectionName "${name}" is not allowed: a capital letter, then up to 15 capital letters and digits, for instance "GH"`,
      ];
}

/** What speaks against the key of a secret's JSON that has the value. */
export function fieldFindings(prop: string, field: string): string[] {
  return field === '' || /\s/.test(field)
    ? [`${prop} "${field}" is not the name of a field: give the one under which the JSON of the secret has the value`]
    : [];
}

/** What speaks against the page that users come back to; one that only the deployment knows is not looked at. */
export function returnUrlFindings(url: string): string[] {
  const legal =
    url.length <= MAX_URL_CHARACTERS && /^(https:\/\/[^/\s?#@]+|http:\/\/localhost(:\d+)?)(\/[^\s?#]*)?$/.test(url);
  return Token.isUnresolved(url) || legal
    ? []
    : [
        `returnUrl "${url}" is not a page that users can come back to: give an https address of your site (http for localhost only), without "?" and "#" and of at most ${MAX_URL_CHARACTERS} characters, for instance "https://agent.example.com/oauth/return"`,
      ];
}

/** What speaks against the address of somebody else's server. */
export function serverUrlFindings(prop: string, url: string): string[] {
  return Token.isUnresolved(url) || /^https:\/\/[^/\s?#@]+(\/[^\s?#]*)?$/.test(url)
    ? []
    : [`${prop} "${url}" is not the address of a server: it must be https, without user, "?" and "#"`];
}

/** What speaks against the scopes that are asked for. */
export function scopeFindings(scopes: readonly string[]): string[] {
  return scopes
    .filter((scope) => !Token.isUnresolved(scope) && !/^[\x21\x23-\x5B\x5D-\x7E]+$/.test(scope))
    .map((scope) => `scopes has "${scope}", which is no scope of OAuth: give each one apart and without spaces`);
}
