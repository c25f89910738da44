import {
  BedrockAgentCoreControlClient,
  GetAgentRuntimeCommand,
  GetWorkloadIdentityCommand,
  ResourceNotFoundException,
  UpdateWorkloadIdentityCommand,
} from '@aws-sdk/client-bedrock-agentcore-control';
import type { WorkloadIdentities } from './custom-resource';

/** The identities that AgentCore keeps. */
export class AgentCoreIdentities implements WorkloadIdentities {
  constructor(private readonly client = new BedrockAgentCoreControlClient({})) {}

  public async nameOf(agentRuntimeId: string): Promise<string | undefined> {
    const runtime = await found(() => this.client.send(new GetAgentRuntimeCommand({ agentRuntimeId })));
    // …:workload-identity-directory/default/workload-identity/<name>
    return runtime?.workloadIdentityDetails?.workloadIdentityArn?.split('/').at(-1);
  }

  public async returnUrls(name: string): Promise<readonly string[] | undefined> {
    const identity = await found(() => this.client.send(new GetWorkloadIdentityCommand({ name })));
    return identity === undefined ? undefined : (identity.allowedResourceOauth2ReturnUrls ?? []);
  }

  public async replaceReturnUrls(name: string, urls: readonly string[]): Promise<void> {
    await this.client.send(new UpdateWorkloadIdentityCommand({ name, allowedResourceOauth2ReturnUrls: [...urls] }));
  }
}

async function found<Output>(get: () => Promise<Output>): Promise<Output | undefined> {
  try {
    return await get();
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
