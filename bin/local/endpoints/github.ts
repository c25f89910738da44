import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OAuthStandIn, ProviderGrant } from '../agent-identity/oauth-stand-in';
import { isGitPath, serveGit } from '../github/git-http';
import type { Repositories, Repository } from '../github/repositories';
import { RequestFault, sendJson } from '../http-messages';
import type { Reaper } from '../reaper';
import { readBearer } from '../runtime-access';

const PREFIX = '/github';
const MAX_PAGE_SIZE = 100;
const DEFAULT_PAGE_SIZE = 30;

/** What stands for GitHub in a run that has a connection to it. */
export interface GitHubService {
  readonly standIn: OAuthStandIn;
  /** Names of the credential providers whose tokens it takes. */
  readonly providers: readonly string[];
  /** Undefined where git is not installed. */
  readonly git?: { readonly program: string; readonly repositories: Repositories };
  readonly reaper: Reaper;
}

/** Address of the API, for whoever calls it in place of https://api.github.com. */
export function gitHubApiUrl(endpoint: string): string {
  return `${endpoint}${PREFIX}/api`;
}

/** Where repositories are cloned from, in place of https://github.com. */
export function gitHubUrl(endpoint: string): string {
  return `${endpoint}${PREFIX}`;
}

/**
 * The parts of GitHub that an agent needs: who the user is, which repositories there are, and git itself.
 *
 * @throws RequestFault for requests that it does not take
 */
export async function serveGitHub(
  service: GitHubService,
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
): Promise<void> {
  const [path = '', query = ''] = (req.url ?? '').slice(PREFIX.length).split(/\?(.*)/s);
  if (path.startsWith('/api/')) {
    serveApi(service, path.slice('/api'.length), new URLSearchParams(query), req, res);
    return;
  }
  const [, owner, name, rest = ''] = /^\/([\w-]+)\/([\w.-]+?)\.git(\/.*)$/.exec(path) ?? [];
  if (service.git === undefined || owner === undefined || !isGitPath(rest)) {
    throw new RequestFault(
      404,
      'NOT_FOUND',
      service.git === undefined ? 'git is not installed on this machine' : 'Not Found',
    );
  }
  const grant = tokenOf(service, req);
  if (grant === undefined) {
    throw new RequestFault(401, 'UNAUTHENTICATED', 'a token of the local run is needed as the password', {
      'www-authenticate': 'Basic realm="GitHub"',
    });
  }
  const { program, repositories } = service.git;
  const repository = repositories.of(grant.account).find((one) => one.owner === owner && one.name === name);
  if (repository === undefined) throw new RequestFault(404, 'NOT_FOUND', 'Repository not found.');
  await serveGit(program, repository, grant.account, { path: rest, query }, req, res, body, service.reaper);
}

function serveApi(
  service: GitHubService,
  path: string,
  query: URLSearchParams,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  const grant = tokenOf(service, req);
  if (grant === undefined) {
    sendJson(res, 401, { message: 'Bad credentials' });
    return;
  }
  const { account, scopes } = grant;
  const headers = { 'x-oauth-scopes': scopes.join(', ') };
  if (req.method === 'GET' && path === '/user') {
    sendJson(res, 200, { login: account, id: 1, type: 'User', name: account }, headers);
  } else if (req.method === 'GET' && path === '/user/repos') {
    const all = service.git?.repositories.of(account) ?? [];
    const size = Math.min(Number(query.get('per_page') ?? DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE);
    const first = (Number(query.get('page') ?? 1) - 1) * size;
    sendJson(res, 200, all.slice(first, first + size).map(described), headers);
  } else {
    sendJson(res, 404, { message: 'Not Found' }, headers);
  }
}

function described({ owner, name, pushedAt }: Repository): object {
  return {
    name,
    full_name: `${owner}/${name}`,
    owner: { login: owner },
    private: true,
    description: null,
    default_branch: 'main',
    pushed_at: pushedAt.toISOString(),
  };
}

/** The token of a request: as git sends it, or as API clients do. */
function tokenOf({ standIn, providers }: GitHubService, { headers }: IncomingMessage): ProviderGrant | undefined {
  const { authorization = '' } = headers;
  const [, basic] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization) ?? [];
  const [, plain] = /^token (\S+)$/i.exec(authorization) ?? [];
  const password = basic === undefined ? undefined : Buffer.from(basic, 'base64').toString().split(/:(.*)/s)[1];
  const grant = standIn.read(readBearer(authorization) ?? plain ?? password ?? '');
  return grant !== undefined && providers.includes(grant.provider) ? grant : undefined;
}
