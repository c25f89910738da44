import type { aws_iam as iam } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** An agent, as seen by what it may use. */
export interface IAgent extends IConstruct, iam.IGrantable {
  /** The name of the agent's runtime, known at synthesis. */
  readonly agentName: string;

  /**
   * A limit for the roles that are made for the agent.
   *
   * @default - no boundary
   */
  readonly permissionsBoundary?: iam.IManagedPolicy;

  /**
   * Sets an environment variable of the agent.
   *
   * @throws Error when the name is not a legal variable name, or is set already to another value
   */
  addEnvironment(name: string, value: string): void;
}

/** Something an agent can be given: a model, a workspace, a code interpreter, a gateway, a memory. */
export interface IAgentCapability {
  /** Gives `agent` this capability: its environment and its permissions. */
  bindToAgent(agent: IAgent): void;
}
