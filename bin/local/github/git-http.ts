import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Account } from '../agent-identity/oauth-stand-in';
import type { Reaper } from '../reaper';
import type { Repository } from './repositories';

/** What git asks for with its HTTP protocol. */
const SERVICES = /^\/(info\/refs|git-upload-pack|git-receive-pack)$/;

/** Whether `path`, below a repository, is one that git asks for. */
export function isGitPath(path: string): boolean {
  return SERVICES.test(path);
}

/**
 * Git's own HTTP protocol for one repository, by the program that comes with git.
 *
 * @param path below the repository
 * @param query without the question mark
 */
export async function serveGit(
  git: string,
  repository: Repository,
  account: Account,
  { path, query }: { readonly path: string; readonly query: string },
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
  reaper: Reaper,
): Promise<void> {
  const child = spawn(git, ['http-backend'], {
    env: {
      PATH: '/usr/bin:/bin',
      GIT_PROJECT_ROOT: repository.path,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      // Who may read a repository here may write it.
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'http.receivepack',
      GIT_CONFIG_VALUE_0: 'true',
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: req.method,
      CONTENT_TYPE: req.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: req.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(req.headers['git-protocol'] ?? ''),
      REMOTE_USER: account,
      REMOTE_ADDR: '127.0.0.1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const { pid } = child;
  if (pid !== undefined) reaper.watch(pid);
  child.stdin.on('error', () => undefined);
  child.stdin.end(body);
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  try {
    await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
  } finally {
    if (pid !== undefined) reaper.forget(pid);
  }
  sendCgi(res, Buffer.concat(output));
}

/** A CGI response: headers, an empty line, the body. */
function sendCgi(res: ServerResponse, output: Buffer): void {
  const end = output.indexOf('\r\n\r\n');
  const head = output.subarray(0, Math.max(end, 0)).toString();
  const headers = new Map(
    head.split('\r\n').map((line) => {
      const [name = '', value = ''] = line.split(/: (.*)/s);
      return [name.toLowerCase(), value];
    }),
  );
  const status = end === -1 ? 500 : Number.parseInt(headers.get('status') ?? '200', 10);
  headers.delete('status');
  headers.delete('');
  const body = output.subarray(end === -1 ? output.length : end + 4);
  res.writeHead(status, { ...Object.fromEntries(headers), 'content-length': body.length });
  res.end(body);
}
