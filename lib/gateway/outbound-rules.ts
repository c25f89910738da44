import type { CredentialKind, OutboundCredential } from './outbound-credential';

/** What a gateway can send calls to. */
export type TargetKind = 'a Lambda function' | 'an API stage' | 'OpenAPI' | 'Smithy' | 'an MCP server';

interface Rule {
  readonly takes: readonly CredentialKind[];
  /** Whether a signature of the role must name the service, because the target does not tell it. */
  readonly roleNamesService: boolean;
}

/**
 * Which credentials a target takes.
 *
 * Source: the table in "Set up outbound authorization for your gateway", and "Specify the authorization type and
 * credentials", in the AgentCore developer guide, as of November 2026. The user's own token can only be passed on to HTTP
 * targets, which a gateway that speaks MCP cannot have.
 */
const RULES: Readonly<Record<TargetKind, Rule>> = {
  'a Lambda function': { takes: ['GATEWAY_IAM_ROLE'], roleNamesService: false },
  'an API stage': { takes: ['NONE', 'GATEWAY_IAM_ROLE', 'API_KEY'], roleNamesService: false },
  OpenAPI: { takes: ['NONE', 'GATEWAY_IAM_ROLE', 'OAUTH', 'API_KEY'], roleNamesService: true },
  Smithy: { takes: ['GATEWAY_IAM_ROLE', 'OAUTH'], roleNamesService: false },
  'an MCP server': { takes: ['NONE', 'GATEWAY_IAM_ROLE', 'OAUTH', 'API_KEY'], roleNamesService: true },
};

/** How each kind is written in an app. */
const WRITTEN: Readonly<Record<CredentialKind, string>> = {
  NONE: 'OutboundCredential.none()',
  GATEWAY_IAM_ROLE: 'OutboundCredential.gatewayRole()',
  OAUTH: 'OutboundCredential.oauth()',
  API_KEY: 'OutboundCredential.apiKey()',
};

/** What speaks against giving this credential to a target of this kind. */
export function credentialFindings(target: TargetKind, credential: OutboundCredential): string[] {
  const { takes, roleNamesService } = RULES[target];
  if (!takes.includes(credential.kind)) {
    return [
      `${target} does not take ${WRITTEN[credential.kind]}, so the deployment would fail; use ${takes.map((kind) => WRITTEN[kind]).join(' or ')}`,
    ];
  }
  if (credential.kind !== 'GATEWAY_IAM_ROLE' || credential.namesService === roleNamesService) {
    return credential.findings();
  }
  return roleNamesService
    ? [
        `${target} does not tell which service a signature is for; name it, as in OutboundCredential.gatewayRole({ service: 'execute-api' })`,
      ]
    : [`${target} tells which service a signature is for; use OutboundCredential.gatewayRole() without options`];
}
