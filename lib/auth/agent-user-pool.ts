import { Annotations, aws_cognito as cognito, Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { requireProperties } from '../private/required-properties';
import { throwFindings } from '../private/validation';
import { AgentUserPoolBase } from './agent-user-pool-base';
import type { AgentUserPoolProps } from './agent-user-pool-props';
import { SignUpGate } from './sign-up-gate';
import { addCommandLineClient, addMachineClient, addWebClient } from './user-pool-clients';
import { UserPoolSignInDomain } from './user-pool-domain';
import { userPoolFindings } from './user-pool-findings';
import { WebOrigins } from './web-origins';

/** A user pool that is defined elsewhere. */
export interface BroughtUserPool {
  /** The pool. */
  readonly userPool: cognito.IUserPool;
  /** The clients through which people sign in; at least one. */
  readonly clients: cognito.IUserPoolClient[];
  /**
   * Clients that act for themselves.
   *
   * @default - none
   */
  readonly machineClients?: cognito.IUserPoolClient[];
}

/**
 * The people who talk to agents: a user pool of Amazon Cognito with sign-in pages, a client for a page, and where asked for
 * one for a command line and one for machines. People sign in with their e-mail address. Nobody signs up by himself unless
 * `signUp` says who may.
 */
export class AgentUserPool extends AgentUserPoolBase {
  /**
   * A pool that exists or is defined elsewhere. Nothing about it is changed.
   *
   * @throws Error when there is no client: tokens of every application of the pool would be accepted
   */
  public static fromUserPool(scope: Construct, id: string, pool: BroughtUserPool): AgentUserPoolBase {
    return new ExistingUserPool(scope, id, pool);
  }

  public readonly userPool: cognito.UserPool;

  /** The client of the page: public, with PKCE. */
  public readonly webClient: cognito.UserPoolClient;

  /** The client of the command line: public, with PKCE; undefined unless asked for. */
  public readonly commandLineClient?: cognito.UserPoolClient;

  /**
   * The client of machines, which has a secret: undefined unless asked for. Asking it for `userPoolClientSecret` adds a
   * function of the CDK that reads the secret at deployment.
   */
  public readonly machineClient?: cognito.UserPoolClient;

  public readonly userClientIds: readonly string[];
  public readonly machineClientIds: readonly string[];

  private readonly domain: UserPoolSignInDomain;
  private readonly webOrigins = new WebOrigins();

  /** @throws Error with every finding about the properties */
  constructor(scope: Construct, id: string, props: AgentUserPoolProps = {}) {
    super(scope, id);
    const { signUp, commandLineClient, machineClient, groups = {}, mfa = cognito.Mfa.OPTIONAL } = props;
    const { permissionsBoundary } = props;
    throwFindings(this, [
      ...userPoolFindings(props),
      ...(props.webOrigins ?? []).flatMap((origin) => this.webOrigins.add(origin)),
    ]);

    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const featurePlan = props.featurePlan ?? cognito.FeaturePlan.ESSENTIALS;
    this.userPool = new cognito.UserPool(this, 'UserPool', {
      signInAliases: { email: true },
      signInCaseSensitive: false,
      standardAttributes: { email: { required: true, mutable: true } },
      autoVerify: { email: true },
      // A new address counts once its owner has shown that it is his.
      keepOriginal: { email: true },
      accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
      selfSignUpEnabled: signUp !== undefined,
      ...(signUp === undefined
        ? {}
        : {
            lambdaTriggers: { preSignUp: new SignUpGate(this, 'SignUp', { ...signUp, permissionsBoundary }).function },
          }),
      mfa,
      ...(mfa === cognito.Mfa.OFF ? {} : { mfaSecondFactor: { otp: true, sms: false } }),
      passwordPolicy: props.passwordPolicy ?? {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
      },
      featurePlan,
      ...(featurePlan === cognito.FeaturePlan.PLUS
        ? { standardThreatProtectionMode: cognito.StandardThreatProtectionMode.FULL_FUNCTION }
        : {}),
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      removalPolicy,
    });
    for (const [groupName, description] of Object.entries(groups)) {
      this.userPool.addGroup(`Group-${groupName}`, { groupName, description });
    }
    this.domain = new UserPoolSignInDomain(this, 'Domain', {
      userPool: this.userPool,
      prefix: props.domainPrefix ?? 'agent',
    });

    this.webClient = addWebClient(this.userPool, props, this.webOrigins);
    if (commandLineClient !== undefined) {
      this.commandLineClient = addCommandLineClient(this.userPool, props, commandLineClient.ports);
    }
    if (machineClient !== undefined) this.machineClient = addMachineClient(this.userPool, props, machineClient);
    const personal = [this.webClient, ...(this.commandLineClient === undefined ? [] : [this.commandLineClient])];
    for (const client of personal) this.brand(client);
    this.userClientIds = personal.map(({ userPoolClientId }) => userPoolClientId);
    this.machineClientIds = this.machineClient === undefined ? [] : [this.machineClient.userPoolClientId];

    this.node.addValidation({ validate: () => this.clientFindings() });
  }

  /** The address of the sign-in pages. */
  public get signInUrl(): string {
    return this.domain.url;
  }

  /**
   * Lets a page sign people in, as `webOrigins` does: for a page whose address is only known once it is defined.
   *
   * @throws Error when the origin is not one
   */
  public addWebOrigin(origin: string): void {
    throwFindings(this, this.webOrigins.add(origin));
  }

  /** Those that were added with the L2 of the pool too. */
  protected get groupNames(): readonly string[] {
    return this.userPool.node
      .findAll()
      .flatMap((child) => (child instanceof cognito.CfnUserPoolGroup ? (child.groupName ?? []) : []));
  }

  /** The pages show an error to clients without a style; this is the one that Amazon Cognito has. */
  private brand(client: cognito.UserPoolClient): void {
    const branding = new cognito.CfnManagedLoginBranding(client, 'Branding', {
      userPoolId: this.userPool.userPoolId,
      clientId: client.userPoolClientId,
      useCognitoProvidedValues: true,
    });
    branding.node.addDependency(this.domain);
  }

  private clientFindings(): string[] {
    return this.webOrigins.isEmpty && this.commandLineClient === undefined && this.machineClient === undefined
      ? [
          'no client of this pool can sign anybody in: name a page with webOrigins or addWebOrigin, or give commandLineClient or machineClient',
        ]
      : [];
  }
}

class ExistingUserPool extends AgentUserPoolBase {
  protected readonly groupNames = undefined;
  public readonly userPool: cognito.IUserPool;
  public readonly userClientIds: readonly string[];
  public readonly machineClientIds: readonly string[];

  constructor(scope: Construct, id: string, pool: BroughtUserPool) {
    super(scope, id);
    requireProperties(this, pool, { userPool: 'the pool', clients: 'its clients' });
    const { userPool, clients, machineClients = [] } = pool;
    throwFindings(
      this,
      clients.length === 0
        ? ['clients is empty, and tokens of every application of the pool would be accepted; name those of the agent']
        : [],
    );
    this.userPool = userPool;
    this.userClientIds = clients.map(({ userPoolClientId }) => userPoolClientId);
    this.machineClientIds = machineClients.map(({ userPoolClientId }) => userPoolClientId);
    Annotations.of(this).addInfoV2(
      'cdk-agentcore-constructs:broughtUserPool',
      'nothing about the user pool that was given is changed; let its clients for people be public ones with PKCE and without the implicit flow, prevent user existence errors, rotate refresh tokens, and let nobody sign up who should not',
    );
  }
}
