import { Annotations, aws_cognito as cognito, Stack } from 'aws-cdk-lib';
import type { aws_iam as iam } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { IAgent } from '../agent/agent';
import { AgentEnvironment } from '../agent/agent-environment';
import { UserRole, type IUserCredentials } from '../agent/user-role';
import type { AgentUserPoolBase } from '../auth/agent-user-pool-base';
import { tokenRules } from '../auth/token-rules';
import { identityPoolTrust, USER_TAG_CLAIM } from '../iam/user-scope';
import { requireProperties } from '../private/required-properties';
import { throwFindings } from '../private/validation';

/** The header in which callers bring the ID token beside the access token. */
const ID_TOKEN_HEADER = 'X-Amzn-Bedrock-AgentCore-Runtime-Custom-Id-Token';

/** Properties of a UserIdentityPool. */
export interface UserIdentityPoolProps {
  /** The users: the pool whose access tokens the agent accepts. */
  readonly users: AgentUserPoolBase;
}

/**
 * Gives out the credentials of an agent's user-scoped role for the ID token of a user, in place of the agent: an identity
 * pool of Amazon Cognito that reads the user from the token. Not even the role of the agent then reaches the data of a user
 * who has not sent a token.
 *
 * Give it to one agent, in `capabilities`, beside what keeps data of users. Callers have to send the ID token in the header
 * `X-Amzn-Bedrock-AgentCore-Runtime-Custom-Id-Token`, which the web page and the command line of this project do.
 */
export class UserIdentityPool extends Construct implements IUserCredentials {
  /** The L1 of the pool. */
  public readonly identityPool: cognito.CfnIdentityPool;

  /** Who may take on the user-scoped role. */
  public readonly userRolePrincipal: iam.IPrincipal;

  private readonly users: AgentUserPoolBase;
  private agent: IAgent | undefined;

  /** @throws Error when there are no users */
  constructor(scope: Construct, id: string, props: UserIdentityPoolProps) {
    super(scope, id);
    requireProperties(this, props, { users: 'an AgentUserPool' });
    const { users } = props;
    this.users = users;
    const providerName = users.userPool.userPoolProviderName;
    this.identityPool = new cognito.CfnIdentityPool(this, 'IdentityPool', {
      allowUnauthenticatedIdentities: false,
      // In the classic flow the caller chooses role and session.
      allowClassicFlow: false,
      cognitoIdentityProviders: users.userClientIds.map((clientId) => ({
        providerName,
        clientId,
        // A user who was signed out or disabled gets no credentials for a token that is good otherwise.
        serverSideTokenCheck: true,
      })),
    });
    new cognito.CfnIdentityPoolPrincipalTag(this, 'PrincipalTags', {
      identityPoolId: this.identityPool.ref,
      identityProviderName: providerName,
      principalTags: USER_TAG_CLAIM,
      useDefaults: false,
    });
    this.userRolePrincipal = identityPoolTrust(this.identityPool.ref, Stack.of(this));
  }

  /**
   * Gives out the credentials for users of `agent`.
   *
   * @throws Error when its callers bring no tokens of the user pool, when it has another source of credentials already, or
   * when the pool serves another agent
   */
  public bindToAgent(agent: IAgent): void {
    throwFindings(agent, [...this.issuerFindings(agent), ...this.otherAgentFindings(agent)]);
    this.agent = agent;
    this.warnOfRules(agent);
    this.warnOfMachines(agent);
    const userRole = UserRole.of(agent);
    throwFindings(agent, this.credentialsFindings(userRole));
    agent.addRequestHeader(ID_TOKEN_HEADER);
    agent.addEnvironment(
      AgentEnvironment.USER_IDENTITY,
      Stack.of(agent).toJsonString({
        identityPoolId: this.identityPool.ref,
        loginProvider: this.users.userPool.userPoolProviderName,
        idTokenHeader: ID_TOKEN_HEADER,
      }),
    );
    // In the stack of the agent: the one of the pool is not to wait for it.
    new cognito.CfnIdentityPoolRoleAttachment(userRole, 'IdentityPoolRole', {
      identityPoolId: this.identityPool.ref,
      roles: { authenticated: userRole.role.roleArn },
    });
  }

  /** The pool of a discovery document is in its address, whoever wrote that down. */
  private issuerFindings({ discoveryUrl }: IAgent): string[] {
    const { userPoolId } = this.users.userPool;
    if (discoveryUrl?.includes(`/${userPoolId}/`) === true) return [];
    return [
      `${this.node.path} gives credentials for users of ${this.users.node.path}, and callers of the agent ${discoveryUrl === undefined ? 'sign with IAM credentials' : 'bring tokens of another provider'}; set the property authorizer to authorizer() of that user pool`,
    ];
  }

  /** An identity pool looks at the client of a token, and at no group, scope or other claim. */
  private warnOfRules({ authorizer, agentName }: IAgent): void {
    const { clients, scopes = [], claims = [] } = tokenRules(authorizer);
    const moreClients = clients !== undefined && !this.users.userClientIds.every((client) => clients.includes(client));
    if (!moreClients && scopes.length === 0 && claims.length === 0) return;
    Annotations.of(this).addWarningV2(
      'cdk-agentcore-constructs:identityPoolLetsMoreIn',
      `the authorizer of the agent ${agentName} demands groups, scopes, clients or claims that the identity pool does not look at: every user of the pool gets credentials for what is his own, also one whom the agent does not let in (any more); disable users who may no longer reach their files, or acknowledge it`,
    );
  }

  /** A machine signs in for itself, and Amazon Cognito gives it an access token alone. */
  private warnOfMachines({ authorizer, agentName }: IAgent): void {
    const { clients } = tokenRules(authorizer);
    const machines = this.users.machineClientIds.filter((client) => clients?.includes(client) ?? true);
    if (machines.length === 0) return;
    Annotations.of(this).addWarningV2(
      'cdk-agentcore-constructs:machinesHaveNoIdToken',
      `the authorizer of the agent ${agentName} lets in the client of machines, which get no ID token, and the identity pool gives credentials for ID tokens alone: a machine reaches no workspace and no list of sessions; leave machineClient out, give machines an agent of their own, or acknowledge it`,
    );
  }

  private credentialsFindings({ credentials }: UserRole): string[] {
    if (credentials === this) return [];
    return [
      credentials === undefined
        ? `${this.node.path} came after the user-scoped role was made, which the agent can take on by itself; give the identity pool to the agent in the property capabilities`
        : `${this.node.path} is not the only one that gives credentials for users, and an agent has one user-scoped role; leave one in capabilities`,
    ];
  }

  private otherAgentFindings(agent: IAgent): string[] {
    return this.agent === undefined || this.agent === agent
      ? []
      : [
          `${this.node.path} gives credentials for ${this.agent.node.path} already, and an identity pool has one role to give; make a UserIdentityPool for each agent`,
        ];
  }
}
