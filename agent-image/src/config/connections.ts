import { isSafeUrl } from './safe-url.ts';
import { serverVariables } from './server-names.ts';
import { ConfigError, jsonObject } from './variables.ts';

/** An account of the user elsewhere, or a key of the deployment, that AgentCore Identity keeps. */
export type ConnectionConfig = OAuthConnectionConfig | ApiKeyConnectionConfig;

interface ConnectionBase {
  /** Names it in events; also the MCP server of connections that come with tools. */
  readonly name: string;
  /** What the account is at, in lower case: `github`, `google` … */
  readonly vendor: string;
  /** Name of the credential provider. */
  readonly provider: string;
}

export interface OAuthConnectionConfig extends ConnectionBase {
  readonly kind: 'oauth2';
  readonly scopes: readonly string[];
  /** Where the person's browser comes back to after linking; allow-listed on the workload identity. */
  readonly returnUrl: string;
  /** Of the vendor's API, where it is not the public one (GitHub Enterprise Server). */
  readonly apiUrl?: string;
  /** Where repositories are cloned from, where it is not the public one. */
  readonly gitUrl?: string;
}

export interface ApiKeyConnectionConfig extends ConnectionBase {
  readonly kind: 'apiKey';
}

const PREFIX = 'AGENT_CONNECTION_';
const KEYS = {
  oauth2: ['kind', 'vendor', 'provider', 'scopes', 'returnUrl', 'apiUrl', 'gitUrl'],
  apiKey: ['kind', 'vendor', 'provider'],
};
const EXAMPLE =
  '{"kind":"oauth2","vendor":"github","provider":"github-a1b2","scopes":["repo"],"returnUrl":"https://agent.example.com/oauth/return"}';

/** Source: the API reference of Amazon Bedrock AgentCore, names of credential providers. */
const PROVIDER = /^[a-zA-Z0-9_-]{1,128}$/;

/**
 * Reads all `AGENT_CONNECTION_<NAME>`.
 *
 * @param taken names of MCP servers that the agent has already
 * @throws ConfigError saying which field is wrong
 */
export function readConnections(env: NodeJS.ProcessEnv, taken: readonly string[]): readonly ConnectionConfig[] {
  return serverVariables(env, PREFIX).map(({ variable, server: name }) => {
    if (taken.includes(name)) {
      throw new ConfigError(`${variable} and a gateway have the same name: give one of them another.`);
    }
    const value = jsonObject(env, variable, KEYS.oauth2, EXAMPLE) ?? {};
    const { kind, vendor, provider } = value;
    if (typeof vendor !== 'string' || !/^[a-z][a-z0-9-]{0,31}$/.test(vendor)) {
      throw new ConfigError(`${variable} has no "vendor" in lower case, such as "github": give it as in ${EXAMPLE}.`);
    }
    if (typeof provider !== 'string' || !PROVIDER.test(provider)) {
      const rule = 'give the name of a credential provider of AgentCore Identity, no ARN';
      throw new ConfigError(`${variable} has no usable "provider": ${rule}, as in ${EXAMPLE}.`);
    }
    switch (kind) {
      case 'oauth2':
        return { kind, name, vendor, provider, ...oauthFields(variable, value) };
      case 'apiKey':
        jsonObject(env, variable, KEYS.apiKey, '{"kind":"apiKey","vendor":"search","provider":"search-a1b2"}');
        return { kind, name, vendor, provider };
      default:
        throw new ConfigError(`${variable} has no known "kind": allowed are "oauth2" and "apiKey", as in ${EXAMPLE}.`);
    }
  });
}

type OAuthFields = Pick<OAuthConnectionConfig, 'scopes' | 'returnUrl' | 'apiUrl' | 'gitUrl'>;

function oauthFields(
  variable: string,
  { scopes, returnUrl, apiUrl, gitUrl }: Readonly<Record<string, unknown>>,
): OAuthFields {
  if (!isScopes(scopes)) {
    throw new ConfigError(`${variable} has no "scopes": give a list of texts, which may be empty, as in ${EXAMPLE}.`);
  }
  for (const [field, url] of Object.entries({
    returnUrl,
    ...(apiUrl !== undefined && { apiUrl }),
    ...(gitUrl !== undefined && { gitUrl }),
  })) {
    if (!isSafeUrl(url)) {
      const rule = 'give an https address without credentials, query and fragment';
      throw new ConfigError(`${variable} has a "${field}" that cannot be used: ${rule}, as in ${EXAMPLE}.`);
    }
  }
  return {
    ...{ scopes, returnUrl: String(returnUrl) },
    ...(apiUrl !== undefined && { apiUrl: withoutSlash(String(apiUrl)) }),
    ...(gitUrl !== undefined && { gitUrl: withoutSlash(String(gitUrl)) }),
  };
}

function isScopes(value: unknown): value is string[] {
  return (
    Array.isArray(value) && value.every((scope) => typeof scope === 'string' && /^[\x21-\x7e]{1,256}$/.test(scope))
  );
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
