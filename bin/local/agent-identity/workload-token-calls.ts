import { RequestFault } from '../http-messages';
import { findIdentity, type IdentityCall } from './agent-identity';
import type { WorkloadUser } from './workload-tokens';

/**
 * GetWorkloadAccessToken and its forms for a user: by a token, which is verified, or by an id, which is believed.
 *
 * @throws RequestFault with the codes of the service
 */
export async function workloadAccessToken(
  call: IdentityCall,
  operation: 'GetWorkloadAccessToken' | 'GetWorkloadAccessTokenForJWT' | 'GetWorkloadAccessTokenForUserId',
): Promise<object> {
  const { identity, verifyUser, audit, principal, input } = call;
  const workload = findIdentity(identity, input.workloadName);
  let user: WorkloadUser | undefined;
  if (operation === 'GetWorkloadAccessTokenForJWT') user = await verifyUser(requireText(input, 'userToken'));
  if (operation === 'GetWorkloadAccessTokenForUserId') user = { kind: 'id', id: requireText(input, 'userId') };
  const action = `bedrock-agentcore:${operation}`;
  const context = userContext(user);
  audit.require(
    principal,
    [workload.directoryArn, workload.arn].map((resource) => ({ action, resource, context })),
  );
  const access = { identity: workload.name, ...(user === undefined ? {} : { user }) };
  return { workloadAccessToken: identity.tokens.mint(access) };
}

/** The condition keys that say for whom a token is. */
export function userContext(user: WorkloadUser | undefined): Record<string, string> {
  if (user === undefined) return {};
  return user.kind === 'id'
    ? { 'bedrock-agentcore:userid': user.id }
    : {
        'bedrock-agentcore:InboundJwtClaim/iss': user.issuer,
        'bedrock-agentcore:InboundJwtClaim/sub': user.subject,
      };
}

/** @throws RequestFault 400 */
export function requireText(input: Readonly<Record<string, unknown>>, name: string): string {
  const value = input[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new RequestFault(400, 'ValidationException', `${name} is missing or is no text`);
}
