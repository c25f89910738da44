import { aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { codeInterpreterArns } from './arns';

/** Who may assume the role of a code interpreter: AgentCore, on behalf of this account and of this interpreter only. */
export function codeInterpreterTrust(scope: IConstruct, codeInterpreterName: string): iam.IPrincipal {
  return new iam.ServicePrincipal('bedrock-agentcore.amazonaws.com', {
    conditions: {
      StringEquals: { 'aws:SourceAccount': Stack.of(scope).account },
      ArnLike: { 'aws:SourceArn': codeInterpreterArns(scope, codeInterpreterName) },
    },
  });
}
