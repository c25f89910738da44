import type { aws_iam as iam, aws_logs as logs } from 'aws-cdk-lib';
import type { IAgent } from '../agent/agent';
import type { SessionTableBase } from '../storage/session-table-base';
import type { WorkspaceBucketBase } from '../storage/workspace-bucket-base';

/** Whose access tokens an API accepts; an `AgentUserPool` is one. */
export interface IApiUsers {
  /**
   * `iss` of the tokens, character by character: an https address, with its discovery document below it. Auth0's ends in a
   * slash.
   */
  readonly issuerUrl: string;

  /**
   * What `client_id` of a token may say: the clients through which people sign in.
   *
   * @default - the client is not looked at; then `audiences` is required
   */
  readonly userClientIds?: readonly string[];

  /**
   * What a token has to be meant for (`aud`), of which it must name one: for providers whose access tokens name an audience,
   * which are most beside Amazon Cognito. Not the id of a client, which is the audience of ID tokens.
   *
   * @default - the audience is not looked at; then `userClientIds` is required
   */
  readonly audiences?: readonly string[];
}

/** An account elsewhere that users link; an `OAuthConnection` is one. */
export interface ILinkedAccount {
  /** Allows `grantee` to end the linking of an account for the user who began it. */
  grantComplete(grantee: iam.IGrantable): iam.Grant;
}

/** How many requests the API takes, of all users together. */
export interface ApiThrottle {
  /** Requests a second. */
  readonly rateLimit: number;
  /** Requests at a time beyond that. */
  readonly burstLimit: number;
}

/** Properties of an AgentApi. */
export interface AgentApiProps {
  /** The agent whose sessions these are. It is in the same stack, and `sessions` and `workspace` are capabilities of it. */
  readonly agent: IAgent;

  /**
   * Who may call: the users of the agent, known to both by the same tokens. Where clients and audiences are named, a token
   * needs one of each.
   */
  readonly users: IApiUsers;

  /** Lists the sessions. */
  readonly sessions: SessionTableBase;

  /** Keeps files and conversations. */
  readonly workspace: WorkspaceBucketBase;

  /**
   * Accounts that users can link.
   *
   * @default - none, and no route for it
   */
  readonly linkedAccounts?: ILinkedAccount[];

  /**
   * Origins of the pages that call the API, such as `https://agent.example.com`. More can be added with `addWebOrigin`.
   *
   * @default - none: browsers let no page read the replies
   */
  readonly webOrigins?: string[];

  /**
   * How many requests are taken; more are answered with 429. Of those that read conversations and files, which take longest,
   * 10 a second and 20 at a time at the most, each.
   *
   * @default - 50 a second, and 100 at a time
   */
  readonly throttle?: ApiThrottle;

  /**
   * How many requests are worked on at a time, of all users together. AWS Lambda takes that many from what the account has
   * for all of its functions, and refuses to where fewer than 100 would be left.
   *
   * @default - as many as the account has room for, which its other functions share
   */
  readonly reservedConcurrency?: number;

  /**
   * How long the log of requests is kept.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly accessLogRetention?: logs.RetentionDays;
}
