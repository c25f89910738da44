import { aws_iam as iam } from 'aws-cdk-lib';
import { Actions } from './actions';
import { RuntimeArns } from './arns';
import type { BaselineStatement } from './runtime-baseline';
import { IDENTITY_WILDCARD, type Workload } from './token-vault-access';

/** Statements that allow finding and changing the return addresses of one agent's workload identity. */
export function returnUrlStatements(agent: Workload): BaselineStatement[] {
  const { runtime, workloadIdentity, workloadIdentityDirectory } = new RuntimeArns(agent, agent.agentName);
  return [
    {
      statement: new iam.PolicyStatement({ actions: [...Actions.GET_RUNTIME], resources: [runtime] }),
      wildcard: { resource: runtime, reason: 'AgentCore appends an id of its own to the runtime name' },
    },
    {
      statement: new iam.PolicyStatement({
        actions: [...Actions.UPDATE_WORKLOAD_IDENTITY],
        resources: [workloadIdentityDirectory, workloadIdentity],
      }),
      wildcard: { resource: workloadIdentity, ...IDENTITY_WILDCARD },
    },
  ];
}
