import { join } from 'node:path';
import type { AgentIdentity } from './agent-identity/agent-identity';
import { OAuthStandIn } from './agent-identity/oauth-stand-in';
import { TokenVault } from './agent-identity/token-vault';
import type { WorkloadTokens } from './agent-identity/workload-tokens';
import type { GitHubService } from './endpoints/github';
import { gitHubProviders } from './github/github-connections';
import { Repositories } from './github/repositories';
import { findProgram } from './interpreter/bwrap';
import type { LocalApp } from './local-app';
import type { Reaper } from './reaper';

/** AgentCore Identity, and what its connections lead to. */
export interface ConnectedServices {
  readonly agentIdentity: AgentIdentity;
  readonly gitHub: GitHubService;
}

/**
 * Makes AgentCore Identity ready and, where an agent has a connection to GitHub, what stands for it.
 *
 * @param state folder of the run's state
 */
export async function connectServices(
  app: LocalApp,
  tokens: WorkloadTokens,
  state: string,
  reaper: Reaper,
  log: (line: string) => void,
): Promise<ConnectedServices> {
  const standIn = new OAuthStandIn();
  const { workloadIdentities: identities, oauthProviders, apiKeyProviders } = app;
  const agentIdentity = { identities, oauthProviders, apiKeyProviders, tokens, vault: new TokenVault(), standIn };
  for (const { name, vendor } of oauthProviders) {
    log(`the provider ${name} is stood in for: whoever links an account at ${vendor} chooses a test account here`);
  }
  const providers = app.runtimes.flatMap(gitHubProviders);
  if (providers.length === 0) return { agentIdentity, gitHub: { standIn, providers, reaper } };

  const program = findProgram('git');
  if (program === undefined) {
    log('git is not installed, so GitHub has no repositories here');
    return { agentIdentity, gitHub: { standIn, providers, reaper } };
  }
  const repositories = new Repositories(join(state, 'github'), program);
  await repositories.prepare();
  log(`GitHub is stood in for, with the bare repositories in ${repositories.folder}`);
  return { agentIdentity, gitHub: { standIn, providers, reaper, git: { program, repositories } } };
}
