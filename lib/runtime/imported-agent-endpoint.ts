import type { Construct } from 'constructs';
import { endpointArn } from '../iam/arns';
import { nameFindings, throwFindings } from '../private/validation';
import type { IAgentEndpoint } from './agent-endpoint';
import type { IAgentRuntime } from './agent-runtime-base';
import { InvocationTarget, type RuntimeTarget } from './invocation-target';

/** An endpoint that something else made. */
export class ImportedAgentEndpoint extends InvocationTarget implements IAgentEndpoint {
  public readonly endpointName: string;
  public readonly endpointArn: string;

  protected readonly target: RuntimeTarget;

  /** @throws Error when the name is not one */
  constructor(scope: Construct, id: string, agent: IAgentRuntime, endpointName: string) {
    super(scope, id);
    throwFindings(this, nameFindings('endpointName', endpointName));
    const { agentName, runtimeArn, callersHaveJwt } = agent;
    this.endpointName = endpointName;
    this.endpointArn = endpointArn(runtimeArn, endpointName);
    this.target = { agentName, runtimeArn, callersHaveJwt, endpointName };
  }
}
