import { createHash } from 'node:crypto';
import type { ResolvedTemplate } from '../../../lib/testing';

/** Where a resource stands. */
export type Place = Pick<ResolvedTemplate, 'partition' | 'region' | 'account' | 'stackName'>;

/** The id of a resource: its name and ten characters, stable from run to run, in the form that AgentCore gives. */
export function agentCoreId(name: unknown, logicalId: string, { account, region, stackName }: Place): string {
  const key = [account, region, stackName, logicalId].join('\n');
  const suffix = createHash('sha256').update(key).digest('hex').slice(0, 10);
  return `${typeof name === 'string' ? name : logicalId}-${suffix}`;
}

export function agentCoreArn(resource: string, { partition, region, account }: Omit<Place, 'stackName'>): string {
  return `arn:${partition}:bedrock-agentcore:${region}:${account}:${resource}`;
}
