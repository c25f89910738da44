import type { Construct } from 'constructs';
import { OAuthConnection, type OAuthApplicationProps } from './oauth-connection';
import { OAuthVendor } from './oauth-vendor';

/** Properties of a GitHubConnection. */
export interface GitHubConnectionProps extends OAuthApplicationProps {
  /**
   * What the agent may do for a user. A GitHub App ignores it: there the permissions are those of the app.
   *
   * @default ['repo']
   */
  readonly scopes?: string[];

  /**
   * A GitHub Enterprise Server of one's own, such as `https://github.example.com`, which AgentCore has to reach.
   *
   * @default - github.com
   */
  readonly enterpriseServerUrl?: string;
}

/**
 * GitHub, for users who have linked their account: the agent lists and clones repositories that they can see. Register an
 * OAuth app or a GitHub App there, with `callbackUrl` as its callback.
 */
export class GitHubConnection extends OAuthConnection {
  /** @throws Error with every finding about the properties */
  constructor(scope: Construct, id: string, { scopes, enterpriseServerUrl, ...application }: GitHubConnectionProps) {
    super(scope, id, {
      ...application,
      scopes: scopes ?? ['repo'],
      vendor:
        enterpriseServerUrl === undefined
          ? OAuthVendor.github()
          : OAuthVendor.githubEnterpriseServer(enterpriseServerUrl),
    });
  }
}
