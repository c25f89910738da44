import { Token, type Duration } from 'aws-cdk-lib';
import { repeated } from '../private/repeated';
import type { AgentUserPoolProps } from './agent-user-pool-props';
import { DEFAULT_TOKEN_VALIDITY } from './token-validity';

/** The longest label of a host name, less what is appended: a hyphen and 6 digits, a hyphen and 8 digits. */
const MAX_PREFIX_CHARACTERS = 63 - 16;

/** The environment of a function has 4 KB in all ("Lambda quotas"). */
const MAX_DOMAINS_CHARACTERS = 3500;

const DOMAIN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

/** What speaks against the properties of a user pool; the web origins speak for themselves. */
export function userPoolFindings(props: AgentUserPoolProps): string[] {
  const { signUp, commandLineClient, machineClient, domainPrefix, groups } = props;
  return [
    ...(signUp === undefined ? [] : domainFindings(signUp.allowedEmailDomains)),
    ...(commandLineClient?.ports === undefined ? [] : portFindings(commandLineClient.ports)),
    ...(machineClient?.scopes === undefined ? [] : scopeFindings(Object.keys(machineClient.scopes))),
    ...Object.keys(groups ?? {}).flatMap(groupFindings),
    ...sameGroupFindings(Object.keys(groups ?? {})),
    ...(domainPrefix === undefined ? [] : prefixFindings(domainPrefix)),
    ...validityFindings(props),
  ];
}

function domainFindings(domains: readonly string[]): string[] {
  if (domains.length === 0) {
    return [
      'signUp.allowedEmailDomains is empty, so nobody could sign up; name a domain, or leave signUp out and invite users',
    ];
  }
  const characters = domains.join().length;
  return [
    ...domains
      .filter((domain) => Token.isUnresolved(domain) || !DOMAIN.test(domain))
      .map(
        (domain) =>
          `signUp.allowedEmailDomains has "${Token.isUnresolved(domain) ? 'an unknown value' : domain}", which is not the domain of an e-mail address; give what stands behind the "@", for instance "example.com", each subdomain apart, and letters beyond ASCII in their form for DNS ("xn--…")`,
      ),
    ...(characters > MAX_DOMAINS_CHARACTERS
      ? [
          `signUp.allowedEmailDomains has ${characters} characters in all, and the function that looks at them has room for ${MAX_DOMAINS_CHARACTERS}; name fewer domains`,
        ]
      : []),
  ];
}

function portFindings(ports: readonly number[]): string[] {
  return [
    ...(ports.length === 0
      ? ['commandLineClient.ports is empty, so no command line could sign in; name a port, or leave it out']
      : []),
    ...ports
      .filter((port) => !Number.isInteger(port) || port < 1024 || port > 65_535)
      .map(
        (port) =>
          `commandLineClient.ports has ${port}, on which a command line cannot listen; give whole numbers from 1024 to 65535`,
      ),
    ...repeated(ports).map(
      (port) => `commandLineClient.ports has ${port} twice, and Amazon Cognito refuses an address twice; give it once`,
    ),
  ];
}

/** Names of scopes: CreateResourceServer in the Amazon Cognito user pools API reference. */
function scopeFindings(scopes: readonly string[]): string[] {
  return [
    ...(scopes.length === 0
      ? ['machineClient.scopes is empty, and a token for a machine needs one; name a scope, or leave it out']
      : []),
    ...scopes
      .filter((scope) => !/^[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]{1,256}$/.test(scope))
      .map(
        (scope) =>
          `machineClient.scopes has "${scope}", which is no name of a scope: 1 to 256 letters, digits and signs without space, quotation mark, slash and backslash`,
      ),
  ];
}

/**
 * Names of groups: CreateGroup in the Amazon Cognito user pools API reference. Policies of gateways see the groups of a user
 * as the text of a list, in which these two signs are those of the list itself.
 */
function groupFindings(group: string): string[] {
  return /^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u.test(group) && !/["\\]/.test(group)
    ? []
    : [
        `group "${group}" has no legal name: 1 to 128 letters, digits, signs and punctuation, without spaces, quotation marks and backslashes`,
      ];
}

/** Ids of constructs have no slashes, and two hyphens stand in their place. */
function sameGroupFindings(groups: readonly string[]): string[] {
  const idOf = (group: string): string => group.replaceAll('/', '--');
  return groups.flatMap((group, index) => {
    const same = groups.slice(0, index).find((other) => idOf(other) === idOf(group));
    return same === undefined
      ? []
      : [`groups "${same}" and "${group}" are the same with "--" for each slash; give one of them another name`];
  });
}

function prefixFindings(prefix: string): string[] {
  if (Token.isUnresolved(prefix)) {
    return ['domainPrefix is not known at synthesis, so it cannot be checked; give a literal one'];
  }
  const legal = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(prefix) && prefix.length <= MAX_PREFIX_CHARACTERS;
  return [
    ...(legal
      ? []
      : [
          `domainPrefix "${prefix}" (${prefix.length} characters) cannot begin an address: give 1 to ${MAX_PREFIX_CHARACTERS} lower case letters, digits and hyphens, not beginning or ending with a hyphen`,
        ]),
    ...(/aws|amazon|cognito/.test(prefix)
      ? [
          `domainPrefix "${prefix}" has "aws", "amazon" or "cognito" in it, which Amazon Cognito refuses; choose another`,
        ]
      : []),
  ];
}

/** Ranges: "Managing user pool token expiration and caching" in the Amazon Cognito developer guide. */
function validityFindings({ tokenValidity, refreshTokenValidity }: AgentUserPoolProps): string[] {
  const findings = [
    ...rangeFindings('tokenValidity', tokenValidity, 5, 24 * 60),
    ...rangeFindings('refreshTokenValidity', refreshTokenValidity, 60, 3650 * 24 * 60),
  ];
  const tokens = minutesOf(tokenValidity ?? DEFAULT_TOKEN_VALIDITY);
  // Unless it is given it is longer than tokens are good.
  const refreshTokens = minutesOf(refreshTokenValidity);
  return findings.length > 0 || tokens === undefined || refreshTokens === undefined || refreshTokens > tokens
    ? findings
    : [
        `refreshTokenValidity is ${refreshTokens} minutes, and tokens are good for ${tokens}, so there would be nothing to refresh them with when they end; give refreshTokenValidity more, or tokenValidity less`,
      ];
}

function rangeFindings(prop: string, duration: Duration | undefined, least: number, most: number): string[] {
  const minutes = minutesOf(duration);
  return minutes === undefined || (Number.isInteger(minutes) && minutes >= least && minutes <= most)
    ? []
    : [`${prop} is ${minutes} minutes; Amazon Cognito allows whole minutes from ${least} to ${most}`];
}

/** Undefined where it is not said, or known to the deployment alone. */
function minutesOf(duration: Duration | undefined): number | undefined {
  return duration === undefined || duration.isUnresolved() ? undefined : duration.toMinutes({ integral: false });
}
