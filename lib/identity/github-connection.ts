import type { Construct } from 'constructs';
import { requireProperties } from '../private/required-properties';
import { OAuthConnection, REQUIRED_OF_APPLICATION, type OAuthApplicationProps } from './oauth-connection';
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
   * By what agents know the connection: a capital letter, then up to 15 capital letters and digits. An agent with two, of
   * github.com and of a server of one's own for instance, needs another for one of them.
   *
   * @default 'GH'
   */
  readonly connectionName?: string;

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
  constructor(scope: Construct, id: string, props: GitHubConnectionProps) {
    requireProperties(`${scope.node.path}/${id}`, props, REQUIRED_OF_APPLICATION);
    const { scopes, enterpriseServerUrl, ...application } = props;
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
