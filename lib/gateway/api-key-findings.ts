import { Token } from 'aws-cdk-lib';
import type { OutboundApiKeyOptions } from './outbound-credential';

/** Names have 1 to 64 characters (ApiKeyCredentialProvider in the AgentCore API reference); these make a header (RFC 9110). */
const HEADER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;

/** Names in a query that need no encoding (RFC 3986), and brackets, which some APIs have. */
const QUERY_PARAMETER = /^[A-Za-z0-9._~[\]-]{1,64}$/;

/** What a header may hold before a key, in the length of the API reference. */
const PREFIX = /^[\x20-\x7E]{1,64}$/;

/** What speaks against where a target looks for an API key. */
export function apiKeyFindings({ header, queryParameter, prefix }: OutboundApiKeyOptions): string[] {
  return [
    ...(header !== undefined && queryParameter !== undefined
      ? [
          `an API key is to be in the header "${header}" and in the query parameter "${queryParameter}", and a gateway sends it once; give one of them`,
        ]
      : []),
    ...(isLike(HEADER, header)
      ? []
      : [
          `an API key is to be in the header ${JSON.stringify(header)}, and headers have no such name; give 1 to 64 letters, digits and hyphens, for instance "X-Api-Key"`,
        ]),
    ...(isLike(QUERY_PARAMETER, queryParameter)
      ? []
      : [
          `an API key is to be in the query parameter ${JSON.stringify(queryParameter)}, which is no plain name; give 1 to 64 letters, digits, hyphens and underscores, for instance "api_key"`,
        ]),
    ...(isLike(PREFIX, prefix)
      ? []
      : [
          `the prefix of an API key is ${JSON.stringify(prefix)}; give 1 to 64 characters of ASCII in one line, for instance "Bearer", or leave it out`,
        ]),
  ];
}

function isLike(pattern: RegExp, value: string | undefined): boolean {
  return value === undefined || Token.isUnresolved(value) || pattern.test(value);
}
