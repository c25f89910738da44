import { Annotations, aws_bedrockagentcore as agentcore, Token } from 'aws-cdk-lib';
import type { aws_cognito as cognito } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { throwFindings } from '../private/validation';
import { AgentAuthorizer } from './agent-authorizer';

/** The claim of access and ID tokens in which Amazon Cognito names the groups of a user. */
export const GROUPS_CLAIM = 'cognito:groups';

/** Which users of a pool may call an agent. */
export interface UserPoolAuthorizerOptions {
  /**
   * Groups of which a user must be in at least one. Machines are in none.
   *
   * @default - every user of the pool, and its machine client
   */
  readonly groups?: string[];
}

/** A user pool of Amazon Cognito with the clients that may call agents for its users. */
export abstract class AgentUserPoolBase extends Construct {
  /** The pool. */
  public abstract readonly userPool: cognito.IUserPool;

  /** The ids of the clients through which people sign in; known before all of them have an address. */
  public abstract readonly userClientIds: readonly string[];

  /** The ids of clients that act for themselves. */
  public abstract readonly machineClientIds: readonly string[];

  /** The groups that the pool has in this app so far; undefined where nothing is known of them. */
  protected abstract readonly groupNames: readonly string[] | undefined;

  /** The groups that authorizers let in. */
  private readonly askedGroups = new Set<string>();

  constructor(scope: Construct, id: string) {
    super(scope, id);
    // Groups can be added to the pool after an authorizer was asked for.
    this.node.addValidation({
      validate: () => {
        this.warnOfUnknownGroups();
        return [];
      },
    });
  }

  /** `iss` of the tokens of the pool. */
  public get issuerUrl(): string {
    return `https://cognito-idp.${this.userPool.env.region}.amazonaws.com/${this.userPool.userPoolId}`;
  }

  /** The discovery document of the pool. */
  public get discoveryUrl(): string {
    return `${this.issuerUrl}/.well-known/openid-configuration`;
  }

  /**
   * Lets callers in who bring an access token of this pool that was issued for one of its clients. Access tokens of Amazon
   * Cognito name the client and no audience; an ID token names no client, and is refused.
   *
   * @throws Error when `groups` is empty
   */
  public authorizer({ groups }: UserPoolAuthorizerOptions = {}): AgentAuthorizer {
    throwFindings(
      this,
      groups?.length === 0
        ? ['groups is empty, so nobody could call the agent; name a group, or leave it out for every user']
        : [],
    );
    for (const group of groups ?? []) this.askedGroups.add(group);
    return AgentAuthorizer.oidc({
      discoveryUrl: this.discoveryUrl,
      allowedClients: [...this.userClientIds, ...this.machineClientIds],
      ...(groups === undefined
        ? {}
        : {
            customClaims: [
              agentcore.RuntimeCustomClaim.withStringArrayValue(
                GROUPS_CLAIM,
                groups,
                agentcore.CustomClaimOperator.CONTAINS_ANY,
              ),
            ],
          }),
    });
  }

  private warnOfUnknownGroups(): void {
    const { groupNames: known } = this;
    if (known === undefined) return;
    for (const group of [...this.askedGroups].filter((one) => !Token.isUnresolved(one) && !known.includes(one))) {
      Annotations.of(this).addWarningV2(
        'cdk-agentcore-constructs:unknownGroup',
        `the authorizer lets in the group "${group}", and the pool has ${known.length === 0 ? 'none' : known.join(', ')} in this app, so it may be that nobody can call; add it to groups, mend the name, or acknowledge it where the group is made elsewhere`,
      );
    }
  }
}
