import type { aws_bedrockagentcore as agentcore } from 'aws-cdk-lib';
import { discoveryUrlFindings } from '../auth/discovery-url';
import { serverUrlFindings } from './connection-findings';

/** The application that is registered at a vendor, its secret in AWS Secrets Manager. */
export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecretSource: 'EXTERNAL';
  readonly clientSecretConfig: agentcore.CfnOAuth2CredentialProvider.SecretReferenceProperty;
}

/** The endpoints of a tenant of one's own at a vendor. */
export interface OAuthTenantOptions {
  /** `iss` of the tenant's tokens. */
  readonly issuer: string;
  /** Where users consent. */
  readonly authorizationEndpoint: string;
  /** Where codes become tokens. */
  readonly tokenEndpoint: string;
}

/** A provider that is none of the vendors. */
export interface CustomOAuthOptions {
  /** What the agent calls it: a small letter, then up to 31 small letters, digits and hyphens. */
  readonly vendorId: string;
  /** Its discovery document. */
  readonly discoveryUrl: string;
}

/** The vendor for whose accounts the agent server has tools. */
const VENDOR_WITH_TOOLS = 'github';

type ProviderConfig = agentcore.CfnOAuth2CredentialProvider.Oauth2ProviderConfigInputProperty;

/** What makes one vendor. */
interface VendorDescription {
  readonly id: string;
  readonly cloudFormationName: string;
  readonly configuration: (client: OAuthClient) => ProviderConfig;
  /** @default - the id in capital letters */
  readonly defaultName?: string;
  readonly findings?: readonly string[];
  readonly details?: Readonly<Record<string, string>>;
}

/** Who keeps the accounts that users link. */
export class OAuthVendor {
  /** GitHub, that is github.com. Scopes: for instance `repo`, `read:org`. */
  public static github(): OAuthVendor {
    return new OAuthVendor({
      id: VENDOR_WITH_TOOLS,
      defaultName: 'GH',
      cloudFormationName: 'GithubOauth2',
      configuration: (client) => ({ githubOauth2ProviderConfig: client }),
    });
  }

  /** A GitHub Enterprise Server of one's own, such as `https://github.example.com`. AgentCore has to reach it. */
  public static githubEnterpriseServer(url: string): OAuthVendor {
    const base = url.replace(/\/$/, '');
    return new OAuthVendor({
      id: VENDOR_WITH_TOOLS,
      defaultName: 'GH',
      cloudFormationName: 'CustomOauth2',
      findings: serverUrlFindings('enterpriseServerUrl', url),
      details: { apiUrl: `${base}/api/v3`, gitUrl: base },
      configuration: (client) => ({
        customOauth2ProviderConfig: {
          ...client,
          oauthDiscovery: {
            authorizationServerMetadata: {
              issuer: base,
              authorizationEndpoint: `${base}/login/oauth/authorize`,
              tokenEndpoint: `${base}/login/oauth/access_token`,
              responseTypes: ['code'],
            },
          },
        },
      }),
    });
  }

  /** Google. Scopes: addresses, for instance `https://www.googleapis.com/auth/drive.readonly`. */
  public static google(): OAuthVendor {
    return new OAuthVendor({
      id: 'google',
      cloudFormationName: 'GoogleOauth2',
      configuration: (client) => ({ googleOauth2ProviderConfig: client }),
    });
  }

  /** Slack. Scopes: for instance `channels:read`. */
  public static slack(): OAuthVendor {
    return new OAuthVendor({
      id: 'slack',
      cloudFormationName: 'SlackOauth2',
      configuration: (client) => ({ slackOauth2ProviderConfig: client }),
    });
  }

  /** Salesforce. Scopes: for instance `api`. */
  public static salesforce(): OAuthVendor {
    return new OAuthVendor({
      id: 'salesforce',
      cloudFormationName: 'SalesforceOauth2',
      configuration: (client) => ({ salesforceOauth2ProviderConfig: client }),
    });
  }

  /**
   * Microsoft. Scopes: for instance `Files.Read`.
   *
   * @param tenantId the directory whose accounts can be linked; accounts of every directory where it is left out
   */
  public static microsoft(tenantId?: string): OAuthVendor {
    return new OAuthVendor({
      id: 'microsoft',
      cloudFormationName: 'MicrosoftOauth2',
      configuration: (client) => ({
        microsoftOauth2ProviderConfig: { ...client, ...(tenantId === undefined ? {} : { tenantId }) },
      }),
    });
  }

  /** Atlassian: Jira, Confluence. Scopes: for instance `read:jira-work`. */
  public static atlassian(): OAuthVendor {
    return new OAuthVendor({
      id: 'atlassian',
      cloudFormationName: 'AtlassianOauth2',
      configuration: (client) => ({ atlassianOauth2ProviderConfig: client }),
    });
  }

  /** LinkedIn. Scopes: for instance `profile`. */
  public static linkedin(): OAuthVendor {
    return new OAuthVendor({
      id: 'linkedin',
      cloudFormationName: 'LinkedinOauth2',
      configuration: (client) => ({ linkedinOauth2ProviderConfig: client }),
    });
  }

  /** Dropbox. */
  public static dropbox(): OAuthVendor {
    return OAuthVendor.included('dropbox', 'DropboxOauth2');
  }

  /** HubSpot. */
  public static hubspot(): OAuthVendor {
    return OAuthVendor.included('hubspot', 'HubspotOauth2');
  }

  /** Notion. */
  public static notion(): OAuthVendor {
    return OAuthVendor.included('notion', 'NotionOauth2');
  }

  /** Zoom. */
  public static zoom(): OAuthVendor {
    return OAuthVendor.included('zoom', 'ZoomOauth2');
  }

  /** Auth0, with a tenant of one's own. */
  public static auth0(tenant: OAuthTenantOptions): OAuthVendor {
    return OAuthVendor.included('auth0', 'Auth0Oauth2', tenant);
  }

  /** Okta, with a tenant of one's own. */
  public static okta(tenant: OAuthTenantOptions): OAuthVendor {
    return OAuthVendor.included('okta', 'OktaOauth2', tenant);
  }

  /** Amazon Cognito: another user pool, with a domain. */
  public static cognito(tenant: OAuthTenantOptions): OAuthVendor {
    return OAuthVendor.included('cognito', 'CognitoOauth2', tenant);
  }

  /** Any other provider with a discovery document. */
  public static custom({ vendorId, discoveryUrl }: CustomOAuthOptions): OAuthVendor {
    return new OAuthVendor({
      id: vendorId,
      cloudFormationName: 'CustomOauth2',
      findings: [
        ...(/^[a-z][a-z0-9-]{0,31}$/.test(vendorId)
          ? []
          : [`vendorId "${vendorId}" is not allowed: a small letter, then up to 31 small letters, digits and hyphens`]),
        ...documentFindings(discoveryUrl),
      ],
      configuration: (client) => ({ customOauth2ProviderConfig: { ...client, oauthDiscovery: { discoveryUrl } } }),
    });
  }

  /** A vendor of whom AgentCore knows all but the tenant. */
  private static included(id: string, cloudFormationName: string, tenant?: OAuthTenantOptions): OAuthVendor {
    return new OAuthVendor({
      id,
      cloudFormationName,
      findings: Object.entries(tenant ?? {}).flatMap(([prop, url]) => serverUrlFindings(prop, String(url))),
      configuration: (client) => ({ includedOauth2ProviderConfig: { ...client, ...tenant } }),
    });
  }

  /** What the agent calls the vendor. */
  public readonly id: string;
  /** The name of a connection that is given none. */
  public readonly defaultName: string;
  /** `CredentialProviderVendor` in AWS CloudFormation. */
  public readonly cloudFormationName: string;
  /** What speaks against the options. */
  public readonly findings: readonly string[];
  /** What the agent is told of the vendor besides. */
  public readonly details: Readonly<Record<string, string>>;

  private constructor(private readonly description: VendorDescription) {
    const {
      id,
      defaultName = id
        .toUpperCase()
        .replace(/[^A-Z0-9]/g, '')
        .slice(0, 16),
    } = description;
    this.id = id;
    this.defaultName = defaultName;
    this.cloudFormationName = description.cloudFormationName;
    this.findings = description.findings ?? [];
    this.details = description.details ?? {};
  }

  /** Whether the agent server of this library has tools for accounts there. */
  public get hasTools(): boolean {
    return this.id === VENDOR_WITH_TOOLS;
  }

  /** The configuration of a credential provider for `client`. */
  public configurationFor(
    client: OAuthClient,
  ): agentcore.CfnOAuth2CredentialProvider.Oauth2ProviderConfigInputProperty {
    return this.description.configuration(client);
  }
}

/** One finding at a time: what is no address of a server is no discovery document either. */
function documentFindings(discoveryUrl: string): string[] {
  const findings = serverUrlFindings('discoveryUrl', discoveryUrl);
  return findings.length > 0 ? findings : discoveryUrlFindings(discoveryUrl);
}
