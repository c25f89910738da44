import type { aws_bedrockagentcore as agentcore, aws_iam as iam } from 'aws-cdk-lib';
import { secretValueStatement } from '../iam/secret-access';
import { apiKeyFindings } from './api-key-findings';

/** How a gateway proves to a target who it is; the names are those of the API. */
export type CredentialKind = 'NONE' | 'GATEWAY_IAM_ROLE' | 'OAUTH' | 'API_KEY';

/** A credential provider in AgentCore Identity, whose secret AgentCore reads with the role of the gateway. */
export interface IOutboundProvider {
  readonly credentialProviderArn: string;

  /**
   * What reading the secret takes, the key of the account that encrypts it included.
   *
   * @default - the value of the secret may be read, which is enough where no key of the account encrypts it
   */
  readonly secretStatements?: iam.PolicyStatement[];
}

/** A provider of OAuth tokens in AgentCore Identity: an `OAuthConnection` is one, and the L2. */
export interface IOutboundOAuthProvider extends IOutboundProvider {
  /**
   * The secret with the client's secret.
   *
   * @default - not known, and a gateway cannot use the provider: import it with its secret
   */
  readonly clientSecretArn?: string;
}

/** A provider of API keys in AgentCore Identity: an `ApiKeyConnection` is one, and the L2. */
export interface IOutboundApiKeyProvider extends IOutboundProvider {
  /**
   * The secret with the key.
   *
   * @default - not known, and a gateway cannot use the provider: import it with its secret
   */
  readonly apiKeySecretArn?: string;
}

/** What the role signs, for a target that does not tell it. */
export interface GatewayRoleOptions {
  /** The service in the signature: `execute-api`, `lambda` (function URLs), `bedrock-agentcore`. */
  readonly service: string;

  /**
   * The Region in the signature.
   *
   * @default - the Region of the gateway
   */
  readonly region?: string;

  /**
   * What the role of the gateway has to be allowed for it.
   *
   * @default - nothing: grant it to the gateway, which is a grantee
   */
  readonly statements?: iam.PolicyStatement[];
}

/** Tokens for a gateway itself (client credentials). */
export interface OutboundOAuthOptions {
  /** Scopes to ask for; at least one. */
  readonly scopes: string[];

  /**
   * Further parameters of the token request.
   *
   * @default - none
   */
  readonly customParameters?: Record<string, string>;
}

/** Where a target looks for an API key. */
export interface OutboundApiKeyOptions {
  /**
   * The header that carries the key.
   *
   * @default - `Authorization`
   */
  readonly header?: string;

  /**
   * The query parameter that carries the key, instead of a header; it is written to the logs of the target.
   *
   * @default - a header
   */
  readonly queryParameter?: string;

  /**
   * What stands before the key, with a space between.
   *
   * @default - nothing
   */
  readonly prefix?: string;
}

/** What a credential needs of the gateway's role. */
export interface CredentialNeeds {
  readonly providerArn: string;
  /** What reading the secret of the provider takes. */
  readonly secretStatements: readonly iam.PolicyStatement[];
}

/**
 * How a gateway proves to a target who it is. Which target takes which is in `outbound-rules.ts`; what does not fit is
 * refused at synthesis.
 */
export abstract class OutboundCredential {
  /**
   * The role of the gateway signs (SigV4).
   *
   * @param options needed for OpenAPI and MCP servers, which do not tell the service; refused for the others
   */
  public static gatewayRole(options?: GatewayRoleOptions): OutboundCredential {
    return new GatewayRole(options);
  }

  /** The gateway gets a token for itself from an OAuth provider (client credentials). */
  public static oauth(provider: IOutboundOAuthProvider, options: OutboundOAuthOptions): OutboundCredential {
    return new OAuth(provider, options);
  }

  /** The gateway sends an API key that AgentCore Identity keeps. */
  public static apiKey(provider: IOutboundApiKeyProvider, options: OutboundApiKeyOptions = {}): OutboundCredential {
    return new ApiKey(provider, options);
  }

  /** Nothing: everyone can use the target without the gateway. */
  public static none(): OutboundCredential {
    return new NoCredential();
  }

  /** The kind, by the name of the API. */
  public abstract readonly kind: CredentialKind;

  /** Whether a signature says for which service. */
  public readonly namesService: boolean = false;

  /** The provider that the role of the gateway has to reach; undefined where there is none. */
  public readonly needs: CredentialNeeds | undefined = undefined;

  /** What the role of the gateway is allowed for this target. */
  public readonly statements: readonly iam.PolicyStatement[] = [];

  /** What speaks against it, whatever the target. */
  public abstract findings(): string[];

  /** As the target has it; undefined for none. */
  public abstract render(): agentcore.CfnGatewayTarget.CredentialProviderConfigurationProperty | undefined;
}

class NoCredential extends OutboundCredential {
  public readonly kind = 'NONE';

  public findings(): string[] {
    return [];
  }

  public render(): undefined {
    return undefined;
  }
}

class GatewayRole extends OutboundCredential {
  public readonly kind = 'GATEWAY_IAM_ROLE';
  public override readonly namesService: boolean;
  public override readonly statements: readonly iam.PolicyStatement[];

  constructor(private readonly options: GatewayRoleOptions | undefined) {
    super();
    this.namesService = options !== undefined;
    this.statements = options?.statements ?? [];
  }

  public findings(): string[] {
    return this.options === undefined || /^[a-z0-9-]{1,64}$/.test(this.options.service)
      ? []
      : [
          `service "${this.options.service}" is not that of a signature; give for instance "execute-api", "lambda" or "bedrock-agentcore"`,
        ];
  }

  public render(): agentcore.CfnGatewayTarget.CredentialProviderConfigurationProperty {
    if (this.options === undefined) return { credentialProviderType: this.kind };
    const { service, region } = this.options;
    return {
      credentialProviderType: this.kind,
      credentialProvider: { iamCredentialProvider: { service, ...(region === undefined ? {} : { region }) } },
    };
  }
}

class OAuth extends OutboundCredential {
  public readonly kind = 'OAUTH';
  public override readonly needs: CredentialNeeds;

  constructor(
    private readonly provider: IOutboundOAuthProvider,
    private readonly options: OutboundOAuthOptions,
  ) {
    super();
    this.needs = needsOf(provider, provider.clientSecretArn);
  }

  public findings(): string[] {
    return [
      ...secretFindings(this.needs, 'clientSecretArn'),
      ...(this.options.scopes.length === 0
        ? ['scopes of an OAuth credential are empty, and a gateway must ask for some; name at least one']
        : []),
    ];
  }

  public render(): agentcore.CfnGatewayTarget.CredentialProviderConfigurationProperty {
    const { scopes, customParameters } = this.options;
    return {
      credentialProviderType: this.kind,
      credentialProvider: {
        oauthCredentialProvider: {
          providerArn: this.provider.credentialProviderArn,
          scopes,
          grantType: 'CLIENT_CREDENTIALS',
          ...(customParameters === undefined ? {} : { customParameters }),
        },
      },
    };
  }
}

class ApiKey extends OutboundCredential {
  public readonly kind = 'API_KEY';
  public override readonly needs: CredentialNeeds;

  constructor(
    private readonly provider: IOutboundApiKeyProvider,
    private readonly options: OutboundApiKeyOptions,
  ) {
    super();
    this.needs = needsOf(provider, provider.apiKeySecretArn);
  }

  public findings(): string[] {
    return [...secretFindings(this.needs, 'apiKeySecretArn'), ...apiKeyFindings(this.options)];
  }

  public render(): agentcore.CfnGatewayTarget.CredentialProviderConfigurationProperty {
    const { header, queryParameter, prefix } = this.options;
    const name = queryParameter ?? header;
    return {
      credentialProviderType: this.kind,
      credentialProvider: {
        apiKeyCredentialProvider: {
          providerArn: this.provider.credentialProviderArn,
          credentialLocation: queryParameter === undefined ? 'HEADER' : 'QUERY_PARAMETER',
          ...(name === undefined ? {} : { credentialParameterName: name }),
          ...(prefix === undefined ? {} : { credentialPrefix: prefix }),
        },
      },
    };
  }
}

/** Without an ARN nothing is known of the secret: another kind of provider, or one that was imported without it. */
function needsOf(
  { credentialProviderArn: providerArn, secretStatements }: IOutboundProvider,
  secretArn = '',
): CredentialNeeds {
  if (secretArn === '') return { providerArn, secretStatements: [] };
  return { providerArn, secretStatements: secretStatements ?? [secretValueStatement(secretArn)] };
}

function secretFindings({ secretStatements }: CredentialNeeds, property: string): string[] {
  return secretStatements.length === 0
    ? [
        `the credential provider has no ${property}, and AgentCore reads that secret with the role of the gateway; import the provider with it`,
      ]
    : [];
}
