import { readFileSync } from 'node:fs';
import type { AgentIdentity } from '../agent-identity/agent-identity';
import type { Audit } from '../audit';
import type { CredentialStore, Principal } from '../credentials';
import type { LocalFunctions } from '../functions/local-functions';
import type { TemplateGateway } from '../resources/gateway';
import type { TargetBackend, TemplateDocument, TemplateTarget } from '../resources/gateway-target';
import type { SecretStore } from '../secrets/secret-store';
import { lambdaTarget } from './lambda-target';
import { McpServerTarget } from './mcp-server-target';
import { readApiDescription } from './open-api-document';
import { OpenApiTarget } from './open-api-target';
import { outboundCredential } from './outbound-credential';
import type { OutboundCredential } from './outbound-requests';
import { FixedTarget, type RunningTarget } from './running-target';
import { isLoopback, targetAddress } from './target-address';
import type { TargetCredential } from './target-credential';
import { isTold, TargetFault } from './target-fault';

/** What of a run the targets of gateways need. */
export interface GatewayServices {
  readonly functions: LocalFunctions;
  readonly agentIdentity: AgentIdentity;
  readonly secrets: SecretStore;
  readonly credentials: CredentialStore;
  readonly audit: Audit;
  readonly log: (line: string) => void;
}

/**
 * Makes a target of a gateway ready.
 *
 * @param principal the gateway in its role
 * @throws Error naming the tool of a function whose schema cannot be used
 */
export function runTarget(
  target: TemplateTarget,
  gateway: TemplateGateway,
  principal: Principal,
  services: GatewayServices,
): RunningTarget {
  const { name, backend } = target;
  try {
    switch (backend.kind) {
      case 'missing':
        return new FixedTarget(name, [], [backend.reason]);
      case 'lambda':
        return lambdaTarget(target, backend, { ...services, gatewayId: gateway.id, principal });
      case 'mcpServer': {
        const url = targetAddress(backend.endpoint);
        const { credential, shortcomings } = credentialOf(backend, url, gateway, principal, services);
        return new McpServerTarget(name, url, credential, shortcomings);
      }
      case 'openApi': {
        const { server, operations, leftOut } = readApiDescription(readDocument(backend.document, principal, services));
        const url = targetAddress(server);
        const { credential, shortcomings } = credentialOf(backend, url, gateway, principal, services);
        return new OpenApiTarget(name, { server: url, operations, credential }, [...shortcomings, ...leftOut]);
      }
    }
  } catch (error) {
    if (!isTold(error)) throw error;
    return new FixedTarget(name, [], [error.message]);
  }
}

/** AgentCore reads documents of Amazon S3 in the role of the gateway. */
function readDocument(document: TemplateDocument, principal: Principal, { audit }: GatewayServices): string {
  if (document.kind === 'inline') return document.text;
  audit.require(principal, [{ action: 's3:GetObject', resource: document.objectArn }]);
  try {
    return readFileSync(document.path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TargetFault(`the description of its API cannot be read: ${reason}`, { cause: error });
  }
}

function credentialOf(
  { credential: description }: Extract<TargetBackend, { readonly credential: TargetCredential }>,
  url: URL,
  { arn: gatewayArn, region }: TemplateGateway,
  principal: Principal,
  { agentIdentity: identity, secrets, credentials, audit }: GatewayServices,
): { readonly credential: OutboundCredential; readonly shortcomings: readonly string[] } {
  if (description.kind === 'unknown') throw new TargetFault(description.reason);
  const credential = outboundCredential(description, {
    identityCall: { identity, secrets, audit, region, gatewayArn, principal },
    roleCredentials: () => credentials.mint(principal, Date.now() + SIGNING_LIFETIME_MS),
  });
  const isForeign = description.kind === 'role' && !isLoopback(url);
  return {
    credential,
    shortcomings: isForeign
      ? [`${url.host} will refuse its calls: they are signed with credentials of this run, which AWS does not know`]
      : [],
  };
}

/** Longer than any call takes. */
const SIGNING_LIFETIME_MS = 5 * 60_000;
