import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';

/** What is in a repository: text by path, or where a link points. */
export type RepositoryFiles = Readonly<Record<string, string | { readonly link: string }>>;

/** Git over HTTP and the part of GitHub's API that lists repositories, with the token of one user. */
export class GitServer {
  /** What is let in; undefined lets everyone in. */
  token: string | undefined = 'gho_example-token-0123456789';
  repositories: readonly object[] = [];
  /** Answered to every call of the API in place of the list. */
  apiAnswer: { readonly status: number; readonly headers?: Record<string, string> } | undefined;
  /** Answered to every call of git in place of the repository. */
  gitAnswer: ((req: IncomingMessage, res: ServerResponse) => void) | undefined;
  readonly paths: string[] = [];
  readonly #root = mkdtempSync(join(tmpdir(), 'git-server-'));
  readonly #http: Server;

  private constructor() {
    this.#http = createServer((req, res) => {
      this.#serve(req, res).catch(() => res.destroy());
    });
  }

  static async start(): Promise<GitServer> {
    const server = new GitServer();
    server.#http.listen(0, '127.0.0.1');
    await once(server.#http, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** Adds a repository with one commit for each of `commits`. */
  add(name: string, ...commits: readonly RepositoryFiles[]): void {
    const work = join(this.#root, 'work', name);
    const bare = join(this.#root, 'bare', `${name}.git`);
    mkdirSync(work, { recursive: true });
    const git = (...args: string[]): void => void execFileSync('git', args, { cwd: work, env: GIT_ENV, stdio: 'pipe' });
    git('init', '--quiet', '--initial-branch=main');
    for (const files of commits) {
      for (const [path, content] of Object.entries(files)) {
        mkdirSync(dirname(join(work, path)), { recursive: true });
        if (typeof content === 'string') writeFileSync(join(work, path), content);
        else symlinkSync(content.link, join(work, path));
      }
      git('add', '--all', '--force');
      git('commit', '--quiet', '--allow-empty', '--message=change');
    }
    if (commits.length > 0) git('tag', 'v1');
    git('clone', '--quiet', '--bare', work, bare);
    git('--git-dir', bare, 'config', 'http.receivepack', 'false');
  }

  /** Changes the repository as its owner could. */
  alter(name: string, ...args: readonly string[]): void {
    execFileSync('git', [...args], { cwd: join(this.#root, 'bare', `${name}.git`), env: GIT_ENV, stdio: 'pipe' });
  }

  async close(): Promise<void> {
    this.#http.close();
    this.#http.closeAllConnections();
    await once(this.#http, 'close');
    rmSync(this.#root, { recursive: true, force: true });
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await buffer(req);
    const [path = '', query = ''] = (req.url ?? '').split('?');
    this.paths.push(path);
    const { authorization } = req.headers;
    if (path.startsWith('/api/')) {
      if (authorization !== `Bearer ${this.token}`) return void res.writeHead(401).end('{}');
      const { status, headers } = this.apiAnswer ?? { status: 200 };
      const page = Number(new URLSearchParams(query).get('page'));
      res.writeHead(status, { 'content-type': 'application/json', ...headers });
      res.end(JSON.stringify(this.repositories.slice((page - 1) * 50, page * 50)));
      return;
    }
    const basic = `Basic ${Buffer.from(`x-access-token:${this.token}`).toString('base64')}`;
    if (this.token !== undefined && authorization !== basic) {
      return void res.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    }
    if (this.gitAnswer) return this.gitAnswer(req, res);
    await this.#backend(req, path, query, body, res);
  }

  async #backend(req: IncomingMessage, path: string, query: string, body: Buffer, res: ServerResponse): Promise<void> {
    const child = spawn('git', ['http-backend'], {
      env: {
        ...GIT_ENV,
        GIT_PROJECT_ROOT: join(this.#root, 'bare'),
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: path,
        QUERY_STRING: query,
        REQUEST_METHOD: req.method ?? '',
        CONTENT_TYPE: req.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: req.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(req.headers['git-protocol'] ?? ''),
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    // It answers 404 without reading the request, and a pipe that nobody reads is no fault of the server.
    child.stdin.on('error', () => undefined);
    child.stdin.end(body);
    const output = await buffer(child.stdout);
    const end = output.indexOf('\r\n\r\n');
    const lines = output.subarray(0, end).toString('latin1').split('\r\n');
    const headers = lines.map((line): [string, string] => {
      const [name = '', value = ''] = line.split(/: (.*)/s);
      return [name.toLowerCase(), value];
    });
    const status = Number(headers.find(([name]) => name === 'status')?.[1].split(' ')[0] ?? 200);
    res.writeHead(status, Object.fromEntries(headers.filter(([name]) => name !== 'status')));
    res.end(output.subarray(end + 4));
  }
}

const GIT_ENV = {
  PATH: process.env.PATH ?? '',
  HOME: tmpdir(),
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
};
