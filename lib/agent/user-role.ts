import { aws_iam as iam } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { AcknowledgedPolicy, type AcknowledgedPolicyProps } from '../iam/acknowledged-policy';
import { nothingWithoutUser, userRoleAccess, userRoleTrust } from '../iam/user-scope';
import type { IAgent, IAgentCapability } from './agent';
import { AgentEnvironment } from './agent-environment';

const ID = 'UserRole';

/** What gives out credentials of the user-scoped role in place of the agent. */
export interface IUserCredentials extends IAgentCapability {
  /** Who may take on the role. */
  readonly userRolePrincipal: iam.IPrincipal;
}

/**
 * The role through which an agent reaches what belongs to one user, named by the session tag `userId`; its policies hold
 * `${aws:PrincipalTag/userId}` where the user stands. The execution role of the agent may take it on, for one user at a time,
 * unless the agent was given something else that gives out its credentials (`UserIdentityPool`): then it may not.
 *
 * An agent has one such role, in its own stack, which every capability with data of users writes its policy into. Sessions
 * last an hour at most.
 */
export class UserRole extends Construct {
  /** The user-scoped role of `agent`; made when it is first asked for. */
  public static of(agent: IAgent): UserRole {
    const present = agent.node.tryFindChild(ID);
    return present instanceof UserRole ? present : new UserRole(agent);
  }

  /** The role. What is granted to it beside its policies holds for every user: put the user into each statement. */
  public readonly role: iam.Role;

  /** What gives out its credentials; undefined where the agent takes the role on itself. */
  public readonly credentials?: IUserCredentials;

  private constructor(agent: IAgent) {
    super(agent, ID);
    const { permissionsBoundary } = agent;
    const credentials = agent.capabilities.find(isUserCredentials);
    if (credentials !== undefined) this.credentials = credentials;
    this.role = new iam.Role(this, 'Role', {
      assumedBy: credentials?.userRolePrincipal ?? userRoleTrust(agent.grantPrincipal),
      description: `What the agent ${agent.agentName} reaches for one user`,
      ...(permissionsBoundary === undefined ? {} : { permissionsBoundary }),
    });
    this.addPolicy('Users', {
      description: 'Nothing without a user',
      statements: [{ statement: nothingWithoutUser() }],
    });

    if (credentials !== undefined) return;
    agent.addEnvironment(AgentEnvironment.USER_ROLE_ARN, this.role.roleArn);
    agent.grantPrincipal.addToPrincipalPolicy(userRoleAccess(this.role.roleArn));
  }

  /** Whether there is a policy of this id. */
  public hasPolicy(id: string): boolean {
    return this.node.tryFindChild(id) !== undefined;
  }

  /**
   * Adds what a capability needs.
   *
   * @param id of the policy, one for each capability
   * @param policy what it is for, and statements each with the user in it, as `${aws:PrincipalTag/userId}`
   */
  public addPolicy(id: string, policy: Omit<AcknowledgedPolicyProps, 'role'>): void {
    new AcknowledgedPolicy(this, id, { ...policy, role: this.role });
  }
}

function isUserCredentials(capability: IAgentCapability): capability is IUserCredentials {
  return 'userRolePrincipal' in capability;
}
