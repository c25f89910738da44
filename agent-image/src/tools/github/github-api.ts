import { errorName } from '../error-name.ts';
import { GitHubFault, TokenRefused } from './github-fault.ts';

/** Where the public GitHub is, for connections that name no other. */
export const PUBLIC_API = 'https://api.github.com';
export const PUBLIC_GIT = 'https://github.com';

/** How long one answer may take, in milliseconds, and how long it may be, in bytes. */
const ANSWER_MS = 20_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** A repository that the linked account can read. */
export interface Repository {
  /** `<owner>/<name>`. */
  readonly fullName: string;
  readonly isPrivate: boolean;
  readonly description: string;
  readonly defaultBranch: string;
  /** Of the last push, ISO 8601. */
  readonly pushedAt: string;
}

/** How many repositories one page has. */
export const PAGE_SIZE = 50;

/** GitHub's REST API, with the token of one user. */
export class GitHubApi {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /**
   * Repositories that the account can read, those pushed to last first; pages count from 1.
   *
   * @throws GitHubFault, TokenRefused
   */
  async repositories(page: number, signal: AbortSignal): Promise<readonly Repository[]> {
    const found = await this.#get(`/user/repos?sort=pushed&per_page=${PAGE_SIZE}&page=${page}`, signal);
    if (!Array.isArray(found)) throw new GitHubFault('GITHUB_UNREADABLE', 'the list of repositories is no list');
    return found.flatMap((entry) => repositoryOf(entry) ?? []);
  }

  async #get(path: string, signal: AbortSignal): Promise<unknown> {
    const bound = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    try {
      const response = await fetch(`${this.#url}${path}`, {
        headers: {
          accept: 'application/vnd.github+json',
          authorization: `Bearer ${this.#token}`,
          'user-agent': 'claude-agent',
          'x-github-api-version': '2022-11-28',
        },
        // A redirect is never followed: the token belongs to this host.
        redirect: 'error',
        signal: bound,
      });
      const text = await boundedText(response);
      assertAccepted(response, text);
      return JSON.parse(text);
    } catch (error) {
      throw faultOf(error, signal, bound);
    }
  }
}

/** Source of the statuses: the REST API documentation of GitHub, on troubleshooting and rate limits. */
function assertAccepted({ ok, status, headers }: Response, text: string): void {
  if (ok) return;
  if (status === 401) throw new TokenRefused();
  const detail = `HTTP ${status}`;
  const limited =
    headers.get('x-ratelimit-remaining') === '0' || headers.has('retry-after') || /rate limit/i.test(text);
  if (status === 429 || (status === 403 && limited)) throw new GitHubFault('GITHUB_THROTTLED', detail);
  if (status === 403) throw new GitHubFault('GITHUB_FORBIDDEN', detail);
  if (status === 404) throw new GitHubFault('GITHUB_NOT_FOUND', detail);
  throw new GitHubFault(status >= 500 ? 'GITHUB_FAILED' : 'GITHUB_UNREADABLE', detail);
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > MAX_ANSWER_BYTES) throw new GitHubFault('GITHUB_UNREADABLE', 'the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function faultOf(error: unknown, cancelled: AbortSignal, bound: AbortSignal): Error {
  if (error instanceof GitHubFault || error instanceof TokenRefused) return error;
  const name = errorName(error);
  if (cancelled.aborted) return new GitHubFault('GITHUB_CANCELLED', name);
  if (bound.aborted) return new GitHubFault('GITHUB_TIMEOUT', name);
  return new GitHubFault(name === 'SyntaxError' ? 'GITHUB_UNREADABLE' : 'GITHUB_UNREACHABLE', name);
}

function repositoryOf(entry: unknown): Repository | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { full_name, private: isPrivate, description, default_branch, pushed_at } = entry as Record<string, unknown>;
  if (typeof full_name !== 'string') return undefined;
  return {
    fullName: full_name,
    isPrivate: isPrivate === true,
    description: typeof description === 'string' ? description : '',
    defaultBranch: typeof default_branch === 'string' ? default_branch : '',
    pushedAt: typeof pushed_at === 'string' ? pushed_at : '',
  };
}
