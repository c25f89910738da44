import type { aws_iam as iam, aws_kms as kms, aws_logs as logs, aws_wafv2 as wafv2 } from 'aws-cdk-lib';
import type { AgentAuthorizer } from '../auth/agent-authorizer';
import type { GatewayPolicy } from './gateway-policy';
import type { GatewayRateLimit } from './gateway-rate-limit';
import type { IGatewayTarget } from './gateway-target';

/** What happens to calls while AWS WAF cannot be asked. */
export class WebAclFailureMode {
  /** They are refused. */
  public static readonly CLOSE = new WebAclFailureMode('FAIL_CLOSE');

  /** They are let through. */
  public static readonly OPEN = new WebAclFailureMode('FAIL_OPEN');

  private constructor(
    /** The name of the API. */
    public readonly value: string,
  ) {}
}

/** Properties of an AgentGateway. */
export interface AgentGatewayProps {
  /** What can be called: at least one. */
  readonly tools: IGatewayTarget[];

  /**
   * Who may call the gateway. With IAM an agent signs with its role, on behalf of everyone who talks to it; with a JWT it
   * passes on the token of its own caller, so that policies can tell users apart.
   *
   * AgentCore does not change the kind of a gateway that is there; a change needs another construct id.
   *
   * @default AgentAuthorizer.iam()
   */
  readonly authorizer?: AgentAuthorizer;

  /**
   * Cedar policies. With the first one, every call that none of them permits is denied.
   *
   * @default - who may call the gateway may call each tool
   */
  readonly policies?: GatewayPolicy[];

  /**
   * The name under which agents know the gateway: a small letter, then up to 15 small letters and digits. Gateways of one
   * agent have different ones. It is part of what the model sees as the name of a tool, which has 64 characters.
   *
   * @default 'gw'
   */
  readonly serverName?: string;

  /**
   * The name of the gateway: small letters and digits with single hyphens between, 48 at the most. Its id, by which
   * permissions are scoped, keeps the first name, so a change needs another construct id.
   *
   * @default - made from the path of the construct
   */
  readonly gatewayName?: string;

  /**
   * What the gateway is for, 1 to 200 characters.
   *
   * @default - no description
   */
  readonly description?: string;

  /**
   * What models are told about the tools as a whole.
   *
   * @default - nothing
   */
  readonly instructions?: string;

  /**
   * Whether callers are told the details of errors, with the names of functions and roles. Not for production.
   *
   * @default false
   */
  readonly debug?: boolean;

  /**
   * The key that encrypts what AgentCore keeps of the gateway.
   *
   * @default - a key of AgentCore
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * A web ACL of AWS WAF, regional and in the Region of the gateway.
   *
   * @default - none
   */
  readonly webAcl?: wafv2.IWebACLRef;

  /**
   * What happens to calls while AWS WAF cannot be asked.
   *
   * @default WebAclFailureMode.CLOSE
   */
  readonly webAclFailureMode?: WebAclFailureMode;

  /**
   * How much traffic is let through: up to 50 limits, which must all hold.
   *
   * @default - the quotas of the account
   */
  readonly rateLimits?: GatewayRateLimit[];

  /**
   * Whether every call is logged with its arguments and its result. They hold what people and models say: decide who may
   * read the log before you switch this on. Policies are still decided, and metrics still reported, without it.
   *
   * @default false
   */
  readonly applicationLogs?: boolean;

  /**
   * How long the log is kept. Only together with `applicationLogs`.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * The key that encrypts the log. Only together with `applicationLogs`.
   *
   * @default - a key of CloudWatch Logs
   */
  readonly logEncryptionKey?: kms.IKey;

  /**
   * Whether spans go to AWS X-Ray. The account must have Transaction Search, or the deployment fails: see
   * `TransactionSearch`.
   *
   * @default false
   */
  readonly tracing?: boolean;

  /**
   * A limit for the role of the gateway, and for those of the functions that are made with it.
   *
   * @default - no boundary
   */
  readonly permissionsBoundary?: iam.IManagedPolicy;

  /**
   * Tags of the gateway and what is made with it, beside those of the app.
   *
   * @default - none
   */
  readonly tags?: Record<string, string>;
}
