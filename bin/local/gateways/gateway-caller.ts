import type { JWTPayload } from 'jose';
import type { Audit } from '../audit';
import type { Principal } from '../credentials';
import { RequestFault } from '../http-messages';
import type { JwtAuthorizer } from '../jwt-authorizer';
import type { Caller } from '../runtime-access';
import type { TemplateGateway } from '../resources/gateway';

/** Who calls a gateway, once that is verified. */
export type GatewayCaller =
  | { readonly kind: 'iam'; readonly principal: Principal }
  | { readonly kind: 'jwt'; readonly claims: JWTPayload }
  | { readonly kind: 'anybody' };

/**
 * Verifies who calls a gateway, and that they may.
 *
 * @param authorizer of a gateway whose callers bring tokens
 * @param metadataUrl where the gateway tells who issues those tokens
 * @throws RequestFault 401 or 403, as the gateway answers
 */
export async function admitToGateway(
  { inbound, arn }: TemplateGateway,
  authorizer: JwtAuthorizer | undefined,
  caller: Caller,
  audit: Audit,
  metadataUrl: string,
): Promise<GatewayCaller> {
  if (inbound.kind === 'anybody') return { kind: 'anybody' };
  if (inbound.kind === 'iam') {
    if (caller.kind !== 'signed') {
      throw new RequestFault(
        403,
        'MissingAuthenticationToken',
        `Missing Authentication Token: callers of this gateway sign with AWS Signature Version 4${caller.kind === 'bearer' ? ', and bring no token' : ''}`,
      );
    }
    audit.require(caller.principal, [{ action: 'bedrock-agentcore:InvokeGateway', resource: arn }]);
    return { kind: 'iam', principal: caller.principal };
  }
  const challenge = { 'www-authenticate': `Bearer resource_metadata="${metadataUrl}"` };
  if (caller.kind !== 'bearer' || authorizer === undefined) {
    const message = 'Missing Bearer token: callers of this gateway bring the token of a signed-in user';
    throw new RequestFault(401, 'UnauthorizedException', message, challenge);
  }
  try {
    return { kind: 'jwt', claims: await authorizer.verify(caller.token) };
  } catch (error) {
    if (!(error instanceof RequestFault) || error.status !== 401) throw error;
    throw new RequestFault(401, error.code, error.message, challenge);
  }
}
