import type { ServerResponse } from 'node:http';
import type { AgentIdentity, IdentityCall, UserVerifier } from '../agent-identity/agent-identity';
import { completeResourceTokenAuth, resourceApiKey, resourceOauth2Token } from '../agent-identity/credential-calls';
import { workloadAccessToken } from '../agent-identity/workload-token-calls';
import type { Audit } from '../audit';
import type { Principal } from '../credentials';
import { RequestFault, sendJson } from '../http-messages';
import type { SecretStore } from '../secrets/secret-store';
import type { WireRequest } from '../sigv4';
import { linkUrl } from './link-pages';

export interface AgentIdentityService {
  /** Address of the front. */
  readonly endpoint: string;
  readonly agentIdentity: AgentIdentity;
  readonly verifyUser: UserVerifier;
  readonly secrets: SecretStore;
  readonly audit: Audit;
}

type Operation = (call: IdentityCall, endpoint: string) => Promise<object> | object;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  GetWorkloadAccessToken: (call) => workloadAccessToken(call, 'GetWorkloadAccessToken'),
  GetWorkloadAccessTokenForJWT: (call) => workloadAccessToken(call, 'GetWorkloadAccessTokenForJWT'),
  GetWorkloadAccessTokenForUserId: (call) => workloadAccessToken(call, 'GetWorkloadAccessTokenForUserId'),
  CompleteResourceTokenAuth: (call) => completeResourceTokenAuth(call, call.verifyUser),
  'oauth2/token': (call, endpoint) => resourceOauth2Token(call, (flow) => linkUrl(endpoint, flow)),
  'api-key': resourceApiKey,
};

/**
 * AgentCore Identity for signed callers: workload access tokens, and what its vault keeps for users.
 *
 * @throws RequestFault with the codes of the service
 */
export async function serveAgentIdentity(
  { endpoint, agentIdentity, verifyUser, secrets, audit }: AgentIdentityService,
  principal: Principal,
  region: string,
  { method, url, body }: WireRequest,
  res: ServerResponse,
  requestId: string,
): Promise<void> {
  const path = url.split('?')[0] ?? '';
  const operation = method === 'POST' ? OPERATIONS[path.replace(/^\/identities\//, '')] : undefined;
  if (operation === undefined) {
    throw new RequestFault(
      404,
      'UnknownOperationException',
      `${method} ${path} of AgentCore Identity is not run locally`,
    );
  }
  const input = readInput(body);
  const call: IdentityCall = { identity: agentIdentity, verifyUser, secrets, audit, principal, region, input };
  sendJson(res, 200, await operation(call, endpoint), { 'x-amzn-requestid': requestId, 'cache-control': 'no-store' });
}

function readInput(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const input: unknown = JSON.parse(body.toString());
    if (typeof input === 'object' && input !== null) return input as Record<string, unknown>;
  } catch {
    // Refused below, like every other thing that is no object.
  }
  throw new RequestFault(400, 'ValidationException', 'the body of the request is not a JSON object');
}
