import { aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** What AgentCore assumes roles as. */
export const AGENTCORE_SERVICE = 'bedrock-agentcore.amazonaws.com';

/**
 * AgentCore, on behalf of the account of `scope` and of one resource only. Without the two conditions another account could
 * have the service use the role (confused deputy).
 *
 * @param sourceArn of the resource; may be a pattern
 */
export function agentCoreTrust(scope: IConstruct, sourceArn: string): iam.IPrincipal {
  return new iam.ServicePrincipal(AGENTCORE_SERVICE, {
    conditions: {
      StringEquals: { 'aws:SourceAccount': Stack.of(scope).account },
      ArnLike: { 'aws:SourceArn': sourceArn },
    },
  });
}
