import { Annotations, aws_bedrockagentcore as agentcore, CfnOutput } from 'aws-cdk-lib';
import type { aws_iam as iam, aws_secretsmanager as secretsmanager } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { IAgent } from '../agent/agent';
import { ConnectionKind } from '../agent/agent-connections';
import { secretArnPattern } from '../iam/secret-access';
import { VaultProviderAccess } from '../iam/token-vault-access';
import { uniqueAgentCoreName } from '../private/naming';
import { requireProperties } from '../private/required-properties';
import { throwFindings } from '../private/validation';
import { ConnectionBase } from './connection-base';
import { connectionNameFindings, fieldFindings, returnUrlFindings, scopeFindings } from './connection-findings';
import type { OAuthVendor } from './oauth-vendor';
import { ReturnUrls } from './return-urls';

/** What is registered at a vendor, and where users come back to. */
export interface OAuthApplicationProps {
  /** The id of the application that you registered at the vendor. */
  readonly clientId: string;

  /** The secret with the client secret of that application, as JSON. */
  readonly clientSecret: secretsmanager.ISecret;

  /**
   * The field of the JSON that has the client secret.
   *
   * @default 'clientSecret'
   */
  readonly clientSecretField?: string;

  /**
   * The page of yours that users come back to after they consented, such as `https://agent.example.com/oauth/return`. It has
   * to find out who is signed in and complete the link for that user alone; see `grantComplete`.
   */
  readonly returnUrl: string;
}

/** What must be given of an application, for who leaves it out. */
export const REQUIRED_OF_APPLICATION = {
  clientId: 'its id',
  clientSecret: 'its secret',
  returnUrl: 'a URL',
} as const;

/** Properties of an OAuthConnection. */
export interface OAuthConnectionProps extends OAuthApplicationProps {
  /** Who keeps the accounts. */
  readonly vendor: OAuthVendor;

  /** What the agent may do there for a user, in the vendor's words. */
  readonly scopes: string[];

  /**
   * By what agents know the connection: a capital letter, then up to 15 capital letters and digits.
   *
   * @default - that of the vendor, such as `GOOGLE`
   */
  readonly connectionName?: string;
}

/**
 * A service where agents act for a user who has linked an account of theirs. The token of each user is kept by AgentCore
 * Identity, and the agent gets it for the user of its session alone.
 *
 * Two addresses are easily mixed up: `callbackUrl` is AgentCore's, and is registered at the vendor; `returnUrl` is yours.
 */
export class OAuthConnection extends ConnectionBase {
  public readonly connectionName: string;
  public readonly connectionKind = ConnectionKind.OAUTH2;
  public readonly providerName: string;

  /** The L1: the way to what this construct does not offer. The L2 writes client secrets into the template. */
  public readonly provider: agentcore.CfnOAuth2CredentialProvider;

  protected readonly secret: secretsmanager.ISecret;
  protected readonly access: VaultProviderAccess;

  private readonly vendor: OAuthVendor;
  private readonly scopes: readonly string[];
  private readonly returnUrl: string;

  private readonly agents: IAgent[] = [];
  private readonly completers: iam.IGrantable[] = [];

  /** @throws Error with every finding about the properties */
  constructor(scope: Construct, id: string, props: OAuthConnectionProps) {
    super(scope, id);
    requireProperties(this, props, { ...REQUIRED_OF_APPLICATION, vendor: 'an OAuthVendor', scopes: 'the scopes' });
    const { vendor, clientId, clientSecret, clientSecretField = 'clientSecret', scopes, returnUrl } = props;
    const connectionName = props.connectionName ?? vendor.defaultName;
    throwFindings(this, [
      ...vendor.findings,
      ...connectionNameFindings(connectionName),
      ...fieldFindings('clientSecretField', clientSecretField),
      ...(clientId.trim() === '' ? ['clientId is empty; give the id of the application that you registered'] : []),
      ...scopeFindings(scopes),
      ...returnUrlFindings(returnUrl),
    ]);
    this.connectionName = connectionName;
    this.vendor = vendor;
    this.scopes = scopes;
    this.returnUrl = returnUrl;
    this.secret = clientSecret;
    // Another vendor is another provider, made before the old one goes, and names are unique.
    this.providerName = `${uniqueAgentCoreName(this)}_${vendor.cloudFormationName}`;
    this.access = new VaultProviderAccess(this, 'oauth2credentialprovider', this.providerName);
    this.provider = new agentcore.CfnOAuth2CredentialProvider(this, 'Provider', {
      name: this.providerName,
      credentialProviderVendor: vendor.cloudFormationName,
      oauth2ProviderConfigInput: vendor.configurationFor({
        clientId,
        clientSecretSource: 'EXTERNAL',
        clientSecretConfig: { secretId: clientSecret.secretArn, jsonKey: clientSecretField },
      }),
    });
    new CfnOutput(this, 'CallbackUrl', {
      value: this.callbackUrl,
      description: `Register this callback URL in your application at ${vendor.id}`,
    });
  }

  /** The address of AgentCore that the vendor sends users to: register it in your application there. An output shows it. */
  public get callbackUrl(): string {
    return this.provider.attrCallbackUrl;
  }

  public get credentialProviderArn(): string {
    return this.provider.attrCredentialProviderArn;
  }

  /** The secret with the client secret, as policies name it. */
  public get clientSecretArn(): string {
    return secretArnPattern(this.secret);
  }

  /**
   * Lets `agent` use this connection, for the users whose tokens its callers bring.
   *
   * @throws Error when its callers bring none, or when a gateway of the agent has the name of the connection
   */
  public override bindToAgent(agent: IAgent): void {
    throwFindings(this, callerFindings(agent));
    super.bindToAgent(agent);
    this.warnOfVendor(agent);
    ReturnUrls.of(agent).add(this.returnUrl);
    this.agents.push(agent);
    for (const grantee of this.completers) VaultProviderAccess.grantCompletionFor(grantee, agent);
  }

  /**
   * Allows `grantee`, which serves the return page, to complete links that users of the agents with this connection have
   * started: of those that have it already, and of those that will. It has to name the user by a token of his; naming him by
   * an id, which AgentCore would believe, is not allowed.
   */
  public grantComplete(grantee: iam.IGrantable): iam.Grant {
    this.completers.push(grantee);
    return this.agents.reduce(
      (all, agent) => all.combine(VaultProviderAccess.grantCompletionFor(grantee, agent)),
      this.access.grantCompletion(grantee),
    );
  }

  private warnOfVendor({ agentName }: IAgent): void {
    if (this.vendor.hasTools) return;
    Annotations.of(this).addWarningV2(
      'cdk-agentcore-constructs:connectionWithoutTools',
      `the agent server of this library has tools for accounts at GitHub and for no account at ${this.vendor.id}: the agent ${agentName} may get tokens of the connection ${this.connectionName}, and offers nothing that uses them, so no user is asked to link an account; take it out, or acknowledge it where the image is your own and its code asks AgentCore for the tokens`,
    );
  }

  protected told(): Readonly<Record<string, unknown>> {
    const { vendor, providerName, scopes, returnUrl } = this;
    return { vendor: vendor.id, provider: providerName, scopes, returnUrl, ...vendor.details };
  }
}

/** Links belong to users whom a token names: of callers with IAM credentials nobody could complete one. */
function callerFindings({ agentName, discoveryUrl }: IAgent): string[] {
  return discoveryUrl === undefined
    ? [
        `users link accounts by their tokens, and the callers of the agent ${agentName} bring none, they sign with IAM credentials; give the agent an authorizer for tokens, such as authorizer() of an AgentUserPool, or take an ApiKeyConnection`,
      ]
    : [];
}
