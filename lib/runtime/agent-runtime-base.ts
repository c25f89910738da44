import { InvocationTarget, type IInvocationTarget, type RuntimeTarget } from './invocation-target';

/** An agent to call, measure and make endpoints of: one of this app, or one that is imported. */
export interface IAgentRuntime extends IInvocationTarget {
  /** The name of the runtime. */
  readonly agentName: string;

  /** The ARN of the runtime. */
  readonly runtimeArn: string;

  /** The id of the runtime: its name, a hyphen and ten characters of AgentCore. */
  readonly runtimeId: string;

  /** The newest version of the runtime; undefined where the app does not deploy it. */
  readonly runtimeVersion: string | undefined;

  /** Whether callers bring a JWT; otherwise they sign with IAM credentials. */
  readonly callersHaveJwt: boolean;
}

/** What an agent of this app and one that is imported have in common. */
export abstract class AgentRuntimeBase extends InvocationTarget implements IAgentRuntime {
  public abstract readonly agentName: string;
  public abstract readonly runtimeArn: string;
  public abstract readonly runtimeId: string;
  public abstract readonly runtimeVersion: string | undefined;
  public abstract readonly callersHaveJwt: boolean;

  protected get target(): RuntimeTarget {
    const { agentName, runtimeArn, callersHaveJwt } = this;
    return { agentName, runtimeArn, callersHaveJwt };
  }
}
