import { Annotations, aws_iam as iam } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { endpointArn } from './arns';

/** What callers are granted access to. */
export interface RuntimeAccessTarget {
  readonly runtimeArn: string;
  /** @default 'DEFAULT' */
  readonly endpointName?: string;
  /** Whether callers bring a JWT: then no signature is accepted, and a grant does nothing. */
  readonly callersHaveJwt: boolean;
}

/** Grants callers `actions` on one endpoint of a runtime: AgentCore authorizes the runtime and the endpoint. */
export function grantRuntimeAccess(
  scope: IConstruct,
  grantee: iam.IGrantable,
  actions: readonly string[],
  target: RuntimeAccessTarget,
): iam.Grant {
  if (target.callersHaveJwt) {
    Annotations.of(scope).addWarningV2(
      'cdk-agentcore-constructs:grantWithJwt',
      `granting ${actions.join(', ')} has no effect on an agent whose callers bring a JWT: AgentCore refuses signed calls to it; use AgentAuthorizer.iam(), or give the caller a token`,
    );
  }
  return iam.Grant.addToPrincipal({
    grantee,
    actions: [...actions],
    resourceArns: [target.runtimeArn, endpointArn(target.runtimeArn, target.endpointName)],
  });
}
