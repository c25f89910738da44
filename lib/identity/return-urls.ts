import { CustomResource, Duration, Lazy } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { IAgent } from '../agent/agent';
import { LibraryFunction } from '../functions/library-function';
import { returnUrlStatements } from '../iam/return-url-access';

const ID = 'ReturnUrls';

/** The function waits for its own permissions, which AWS has not everywhere as soon as they are made. */
const TIMEOUT = Duration.minutes(2);

/**
 * The pages that users of an agent may come back to after they have linked an account. AgentCore makes the workload identity
 * of a runtime by itself and AWS CloudFormation cannot change it, so a function does. What somebody else allowed there stays.
 *
 * An agent has one, in its own stack, for all of its connections: two that change the list at once would lose pages.
 */
export class ReturnUrls extends Construct {
  /** Those of `agent`; made when they are first asked for. */
  public static of(agent: IAgent): ReturnUrls {
    const present = agent.node.tryFindChild(ID);
    return present instanceof ReturnUrls ? present : new ReturnUrls(agent);
  }

  private readonly urls = new Set<string>();

  private constructor(agent: IAgent) {
    super(agent, ID);
    const update = new LibraryFunction(this, 'Update', {
      handler: 'workload-identity',
      description: `Allows the return addresses of the agent ${agent.agentName}`,
      timeout: TIMEOUT,
      permissionsBoundary: agent.permissionsBoundary,
    });
    update.addPolicy('Identity', {
      description: 'The workload identity of the agent',
      statements: returnUrlStatements(agent),
    });
    const resource = new CustomResource(this, 'Resource', {
      resourceType: 'Custom::WorkloadIdentityReturnUrls',
      serviceToken: update.function.functionArn,
      // Longer than the function can take, and far less than the hour that AWS CloudFormation would wait.
      serviceTimeout: Duration.minutes(5),
      properties: {
        AgentRuntimeId: Lazy.string({ produce: () => agent.runtimeId }),
        ReturnUrls: Lazy.list({ produce: () => [...this.urls] }),
      },
    });
    resource.node.addDependency(update);
  }

  /** Allows one more. */
  public add(url: string): void {
    this.urls.add(url);
  }
}
