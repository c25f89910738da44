import type { aws_cognito as cognito, aws_iam as iam, Duration, RemovalPolicy } from 'aws-cdk-lib';

/** Who may sign up without an invitation. */
export interface SignUpOptions {
  /**
   * Domains of the e-mail addresses that may: each exactly, upper and lower case apart; a subdomain is a domain of its own.
   * At least one.
   */
  readonly allowedEmailDomains: string[];
}

/** A client for a command line, which signs people in with the browser of their machine. */
export interface CommandLineClientOptions {
  /**
   * The ports of `http://localhost:<port>/callback`, of which the command line listens on one that is free. Amazon Cognito
   * knows no "any port", and plain http for `localhost` only.
   *
   * @default [9731, 19731, 29731]
   */
  readonly ports?: number[];
}

/** A client for machines, which has a secret and acts for itself. */
export interface MachineClientOptions {
  /**
   * What a token can be asked for, with a description each. In the token stands `agent/<scope>`.
   *
   * @default { invoke: 'Call the agent' }
   */
  readonly scopes?: Record<string, string>;
}

/** Properties of an AgentUserPool. */
export interface AgentUserPoolProps {
  /**
   * Who may sign up.
   *
   * @default - nobody: administrators invite
   */
  readonly signUp?: SignUpOptions;

  /**
   * Addresses of the pages that sign people in, such as `https://agent.example.com`: https, or http for `localhost`. Users
   * come back to `<origin>/callback` with a code, and to `<origin>/` after they signed out. More can be added with
   * `addWebOrigin`.
   *
   * @default - none; the web client signs nobody in before it has one
   */
  readonly webOrigins?: string[];

  /**
   * A client for a command line.
   *
   * @default - none
   */
  readonly commandLineClient?: CommandLineClientOptions;

  /**
   * A client for machines.
   *
   * @default - none
   */
  readonly machineClient?: MachineClientOptions;

  /**
   * Groups that users can be put into: name and description. Tokens have them in the claim `cognito:groups`.
   *
   * @default - none
   */
  readonly groups?: Record<string, string>;

  /**
   * Whether users need a second factor: codes of an app, never text messages.
   *
   * @default Mfa.OPTIONAL
   */
  readonly mfa?: cognito.Mfa;

  /**
   * What passwords need.
   *
   * @default - 12 characters with upper and lower case, digits and symbols; invitations are good for 3 days
   */
  readonly passwordPolicy?: cognito.PasswordPolicy;

  /**
   * How long access and ID tokens are good: 5 minutes to 1 day.
   *
   * @default Duration.minutes(60)
   */
  readonly tokenValidity?: Duration;

  /**
   * How long somebody stays signed in: 1 hour to 10 years, and longer than tokens are good. Each refresh token is good once.
   *
   * @default - 1 day; twice `tokenValidity` where that is more than 12 hours
   */
  readonly refreshTokenValidity?: Duration;

  /**
   * What the pool costs and can. With `FeaturePlan.PLUS` sign-ins are rated and risky ones blocked.
   *
   * @default FeaturePlan.ESSENTIALS
   */
  readonly featurePlan?: cognito.FeaturePlan.ESSENTIALS | cognito.FeaturePlan.PLUS;

  /**
   * How the address of the sign-in pages begins; what makes it unique in the world is appended. Changing it changes the
   * address. 1 to 47 lower case letters, digits and hyphens, without "aws", "amazon" and "cognito".
   *
   * @default 'agent'
   */
  readonly domainPrefix?: string;

  /**
   * A limit for the role of the function behind `signUp`, the only role that is made for a pool.
   *
   * @default - no boundary
   */
  readonly permissionsBoundary?: iam.IManagedPolicy;

  /**
   * What happens to the users when the construct is removed or its stack deleted. With RETAIN the pool also refuses to be
   * deleted by hand.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}
