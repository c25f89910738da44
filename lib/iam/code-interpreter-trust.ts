import type { aws_iam as iam } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { agentCoreTrust } from './agentcore-trust';
import { codeInterpreterArns } from './arns';

/** Who may assume the role of a code interpreter: AgentCore, on behalf of this account and of this interpreter only. */
export function codeInterpreterTrust(scope: IConstruct, codeInterpreterName: string): iam.IPrincipal {
  return agentCoreTrust(scope, codeInterpreterArns(scope, codeInterpreterName));
}
