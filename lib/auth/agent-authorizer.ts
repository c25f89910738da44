import { aws_bedrockagentcore as agentcore, Token } from 'aws-cdk-lib';
import { throwFindings } from '../private/validation';
import { discoveryUrlFindings, isOfCognito } from './discovery-url';

/** Which tokens of an OpenID Connect provider are accepted. At least one client or audience must be named. */
export interface OidcAuthorizerOptions {
  /**
   * The provider's discovery document: an https address that ends in `/.well-known/openid-configuration`.
   */
  readonly discoveryUrl: string;

  /**
   * Client ids accepted in the claim `client_id`. The choice for Cognito access tokens, which carry no `aud`.
   *
   * @default - the client is not checked; then `allowedAudiences` is required
   */
  readonly allowedClients?: string[];

  /**
   * Audiences accepted in the claim `aud`.
   *
   * @default - the audience is not checked; then `allowedClients` is required
   */
  readonly allowedAudiences?: string[];

  /**
   * Scopes of which a token must carry at least one.
   *
   * @default - the scope is not checked
   */
  readonly allowedScopes?: string[];

  /**
   * What other claims must say; each must hold.
   *
   * @default - no other claim is checked
   */
  readonly customClaims?: agentcore.RuntimeCustomClaim[];
}

/** Who may call an agent. AgentCore checks the caller before the request reaches the container. */
export class AgentAuthorizer {
  /** Callers sign with SigV4 and need `bedrock-agentcore:InvokeAgentRuntime`: see `AgentRuntime.grantInvoke`. */
  public static iam(): AgentAuthorizer {
    // The custom user-id header is how a signing backend names the person it acts for.
    return new AgentAuthorizer(agentcore.RuntimeAuthorizerConfiguration.usingIAM(), false, [
      'X-Amzn-Bedrock-AgentCore-Runtime-Custom-User-Id',
    ]);
  }

  /**
   * Callers bring a bearer token of an OpenID Connect provider.
   *
   * @throws Error with every finding about the options
   */
  public static oidc(options: OidcAuthorizerOptions): AgentAuthorizer {
    const { discoveryUrl, allowedClients, allowedAudiences, allowedScopes, customClaims } = options;
    throwFindings('AgentAuthorizer.oidc', [
      ...discoveryUrlFindings(discoveryUrl),
      ...(isEmpty(allowedClients) && isEmpty(allowedAudiences)
        ? [
            `neither allowedClients nor allowedAudiences is given, so every token that ${discoveryUrl} issues for any application would be accepted; name the clients (Cognito access tokens) or the audiences of this agent`,
          ]
        : []),
      ...listFindings({ allowedClients, allowedAudiences, allowedScopes }),
      ...(isOfCognito(discoveryUrl) && !isEmpty(allowedAudiences)
        ? [
            'allowedAudiences is given for a Cognito user pool, whose access tokens carry no "aud", so every one of them would be refused; use allowedClients',
          ]
        : []),
    ]);
    // The agent reads the user's identity from the token that AgentCore has verified.
    return new AgentAuthorizer(
      agentcore.RuntimeAuthorizerConfiguration.usingJWT(
        discoveryUrl,
        allowedClients,
        allowedAudiences,
        allowedScopes,
        customClaims,
      ),
      true,
      ['Authorization'],
      options,
    );
  }

  private constructor(
    /** The configuration for the L2 runtime. */
    public readonly configuration: agentcore.RuntimeAuthorizerConfiguration,
    /** Whether callers bring a JWT; otherwise they sign with IAM credentials. */
    public readonly callersHaveJwt: boolean,
    /** Request headers that the agent must see to know its user. */
    public readonly identityHeaders: readonly string[],
    /** Which tokens are accepted; undefined where callers sign with IAM credentials. */
    public readonly accepted?: OidcAuthorizerOptions,
  ) {}

  /** The discovery document of the provider whose tokens callers bring; undefined where they sign with IAM credentials. */
  public get discoveryUrl(): string | undefined {
    return this.accepted?.discoveryUrl;
  }
}

/** What speaks against what is accepted: no token carries it. Only audiences are free texts, in which a space can be. */
function listFindings(lists: Readonly<Record<string, readonly string[] | undefined>>): string[] {
  return Object.entries(lists).flatMap(([option, values]) => {
    const legal = option === 'allowedAudiences' ? /^\S(.*\S)?$/ : /^\S+$/;
    return [
      ...(values?.length === 0
        ? [`${option} is empty, which says neither that all nor that none are accepted; name one, or leave it out`]
        : []),
      ...(values ?? [])
        .filter((value) => !Token.isUnresolved(value) && !legal.test(value))
        .map(
          (value) =>
            `${option} has "${value}", which no token carries; give each one apart and without spaces, as the provider shows it`,
        ),
    ];
  });
}

function isEmpty(values: readonly string[] | undefined): boolean {
  return values === undefined || values.length === 0;
}
