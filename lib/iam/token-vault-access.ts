import { Arn, aws_iam as iam, Stack } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import { acknowledgeWildcardResource } from '../private/acknowledge';
import { Actions } from './actions';
import { RuntimeArns } from './arns';

/** The kinds of credential providers as ARNs spell them, each with what gets its credential. */
const CREDENTIAL_ACTIONS = {
  oauth2credentialprovider: Actions.GET_OAUTH_TOKEN,
  apikeycredentialprovider: Actions.GET_API_KEY,
} as const;

/** Why the ARN of an agent's workload identity has a wildcard. */
export const IDENTITY_WILDCARD = {
  reason: 'AgentCore appends an id of its own to the runtime name in the name of the workload identity',
} as const;

/** An agent as the owner of a workload identity. */
export interface Workload extends IConstruct {
  readonly agentName: string;
}

/**
 * Conditions of binding a consent to a user: the user is named by a token that AgentCore verifies. The other form of the call
 * believes any text.
 */
const BY_TOKEN = { Null: { 'bedrock-agentcore:userid': 'true' } };

/** What may be done with one credential provider in the token vault of the account. */
export class VaultProviderAccess {
  constructor(
    private readonly scope: IConstruct,
    private readonly kind: keyof typeof CREDENTIAL_ACTIONS,
    private readonly name: string,
  ) {}

  /** Allows getting the token or key of this provider, under the workload identity of one agent. */
  public grantCredential(grantee: iam.IGrantable, agent: Workload): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee,
      actions: [...CREDENTIAL_ACTIONS[this.kind]],
      resourceArns: [...this.arns, identityOf(agent, grantee)],
    });
  }

  /** Allows binding consents that this provider has collected, for agents that are named by `grantCompletionFor`. */
  public grantCompletion(grantee: iam.IGrantable): iam.Grant {
    return grantCompletionOn(grantee, this.arns);
  }

  /** Allows binding consents that one agent has asked for. */
  public static grantCompletionFor(grantee: iam.IGrantable, agent: Workload): iam.Grant {
    return grantCompletionOn(grantee, [identityOf(agent, grantee)]);
  }

  /** The calls are authorized on the vault, on the provider, on the directory of identities and on the identity that asks. */
  private get arns(): string[] {
    const vault = Arn.format(
      { service: 'bedrock-agentcore', resource: 'token-vault', resourceName: 'default' },
      Stack.of(this.scope),
    );
    return [vault, `${vault}/${this.kind}/${this.name}`, new RuntimeArns(this.scope, '').workloadIdentityDirectory];
  }
}

function grantCompletionOn(grantee: iam.IGrantable, resourceArns: string[]): iam.Grant {
  return iam.Grant.addToPrincipal({
    grantee,
    actions: [...Actions.COMPLETE_OAUTH],
    resourceArns,
    conditions: BY_TOKEN,
  });
}

/** The identity of an agent; its wildcard is answered for wherever the grant of `grantee` is written. */
function identityOf(agent: Workload, { grantPrincipal }: iam.IGrantable): string {
  const { workloadIdentity } = new RuntimeArns(agent, agent.agentName);
  if (Construct.isConstruct(grantPrincipal)) {
    acknowledgeWildcardResource(grantPrincipal, workloadIdentity, IDENTITY_WILDCARD.reason);
  }
  return workloadIdentity;
}
