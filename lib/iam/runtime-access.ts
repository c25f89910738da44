import { aws_iam as iam } from 'aws-cdk-lib';
import { endpointArn } from './arns';

/** Grants callers `actions` on one endpoint of a runtime: AgentCore authorizes the runtime and the endpoint. */
export function grantRuntimeAccess(
  grantee: iam.IGrantable,
  actions: readonly string[],
  runtimeArn: string,
  endpointName?: string,
): iam.Grant {
  return iam.Grant.addToPrincipal({
    grantee,
    actions: [...actions],
    resourceArns: [runtimeArn, endpointArn(runtimeArn, endpointName)],
  });
}
