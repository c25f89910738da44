import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clone, type CloneOrder, type ClonePlace } from '../../agent-image/src/tools/github/clone';
import { GitHubApi } from '../../agent-image/src/tools/github/github-api';
import { TokenRefused } from '../../agent-image/src/tools/github/github-fault';
import { waitUntil } from './support/agent-fixture';
import { GitServer } from './support/git-server';

const NEVER = new AbortController().signal;

let root: string;
let workspace: string;
let server: GitServer;
/** Where nothing must arrive. */
let other: GitServer | undefined;
let token: string;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'clone-test-'));
  workspace = join(root, 'workspace');
  mkdirSync(workspace);
  server = await GitServer.start();
  token = server.token ?? '';
  server.add('ada/engine', { 'README.md': 'old' }, { 'README.md': 'Engine', 'src/main.ts': 'run();' });
});
afterEach(async () => {
  await Promise.all([server.close(), other?.close()]);
  other = undefined;
  rmSync(root, { recursive: true, force: true });
});

function cloned(order: Partial<CloneOrder> = {}, place: Partial<ClonePlace> = {}, signal = NEVER) {
  const whole = { repository: 'ada/engine', history: false, ...order };
  return clone(whole, { workspace, gitUrl: server.url, token, ...place }, signal);
}

/** All that is in files and links below a folder. */
function contents(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.name}\n${readFileSync(join(entry.parentPath, entry.name), 'latin1')}`)
    .join('\n');
}

/** Of all processes of this machine. */
function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    });
}

/** Nothing is left: no folder of the clone, none that was begun, no home of git. */
function expectNothingLeft(): void {
  expect(readdirSync(workspace)).toEqual([]);
}

test('a private repository is cloned with its last commit, and the token is nowhere on the disk', async () => {
  const done = await cloned();
  expect(done).toMatchObject({ path: 'engine', files: 2, bytes: 12, commit: expect.stringMatching(/^[0-9a-f]{40}$/) });
  expect(readFileSync(join(workspace, 'engine', 'src', 'main.ts'), 'utf8')).toBe('run();');
  expect(readdirSync(workspace)).toEqual(['engine']);
  const log = execFileSync('git', ['log', '--oneline'], { cwd: join(workspace, 'engine'), encoding: 'utf8' });
  expect(log.trim().split('\n')).toHaveLength(1);
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
  for (const secret of [token, basic, 'x-access-token']) expect(contents(workspace)).not.toContain(secret);
});

test('with its history, from a tag, into a folder of one’s choice', async () => {
  const done = await cloned({ history: true, branch: 'v1', directory: 'code/engine' });
  expect(done.path).toBe('code/engine');
  const log = execFileSync('git', ['log', '--oneline'], { cwd: join(workspace, 'code/engine'), encoding: 'utf8' });
  expect(log.trim().split('\n')).toHaveLength(2);
});

test('a public repository needs no token', async () => {
  server.token = undefined;
  await expect(cloned()).resolves.toMatchObject({ files: 2 });
});

test('a repository without a commit is cloned as such', async () => {
  server.add('ada/empty');
  await expect(cloned({ repository: 'ada/empty' })).resolves.toMatchObject({ files: 0, commit: '' });
});

test.each([
  ['ada', 'names no repository'],
  ['../etc/passwd', 'names no repository'],
  ['ada/../bob', 'names no repository'],
  ['ada/..', 'names no repository'],
  ['--upload-pack=x/y', 'names no repository'],
  ['https://evil.example.com/a/b', 'names no repository'],
])('"%s" is no repository', async (repository, finding) => {
  await expect(cloned({ repository })).rejects.toThrow(finding);
  expect(server.paths).toEqual([]);
});

test.each(['--upload-pack=touch x', '-x', 'a..b', 'a b', 'x.lock', '/x', ''])('"%s" is no branch', async (branch) => {
  await expect(cloned({ branch })).rejects.toThrow('no name of a branch');
});

test.each([['../outside'], ['/tmp/elsewhere'], ['.git/hooks'], ['.'], ['full'], ['file'], ['way/out']])(
  'into "%s" nothing is cloned',
  async (directory) => {
    mkdirSync(join(workspace, 'full'));
    writeFileSync(join(workspace, 'full', 'mine.txt'), 'mine');
    writeFileSync(join(workspace, 'file'), 'mine');
    symlinkSync(root, join(workspace, 'way'));
    await expect(cloned({ directory })).rejects.toThrow(/outside|cannot be|there already|no directory|new directory/);
    expect(server.paths).toEqual([]);
    expect(readdirSync(root)).toEqual(['workspace']);
  },
);

test.each([
  ['a repository that is not there', { repository: 'ada/none' }, undefined, 'GITHUB_NOT_FOUND'],
  ['a branch that is not there', { branch: 'none' }, undefined, 'GITHUB_NOT_FOUND'],
  ['a token that is not accepted', {}, 'gho_other', 'GITHUB_FORBIDDEN'],
])('%s is told, and nothing is left', async (_what, order, other, code) => {
  await expect(cloned(order, other === undefined ? {} : { token: other })).rejects.toMatchObject({ code });
  expectNothingLeft();
});

test('a server that repeats the token does not get it into a message', async () => {
  server.gitAnswer = (req, res) => {
    const seen = `${req.headers.authorization} ${token}`;
    res.writeHead(500, { 'content-type': 'text/plain' }).end(`fatal: ${seen}`);
  };
  const error = (await cloned().catch((reason: unknown) => reason)) as Error & { detail: string };
  expect(`${error.message} ${error.detail}`).not.toContain(token);
  expect(`${error.message} ${error.detail}`).not.toContain(Buffer.from(`x-access-token:${token}`).toString('base64'));
  expectNothingLeft();
});

test('a redirect is not followed, so that the token goes to no other host', async () => {
  other = await GitServer.start();
  other.token = undefined;
  other.add('ada/engine', { a: 'other' });
  const address = other.url;
  server.gitAnswer = (req, res) => void res.writeHead(302, { location: `${address}${req.url}` }).end();
  await expect(cloned()).rejects.toMatchObject({ name: 'GitHubFault' });
  expect(other.paths).toEqual([]);
});

test('what is fetched is bounded, too', async () => {
  server.add('ada/noise', { 'noise.bin': randomBytes(1_500_000).toString('base64') });
  const cloning = cloned({ repository: 'ada/noise' }, { maxBytes: 1_000_000 });
  await expect(cloning).rejects.toMatchObject({ code: 'CLONE_TOO_LARGE' });
  expectNothingLeft();
});

test('too many bytes and too many files are found out before they are on the disk', async () => {
  server.add('ada/big', { 'big.txt': '0'.repeat(2_000_000), 'b.txt': '1' });
  const big = { repository: 'ada/big' };
  await expect(cloned(big, { maxBytes: 1_000_000 })).rejects.toMatchObject({ code: 'CLONE_TOO_LARGE' });
  await expect(cloned(big, { maxFiles: 1 })).rejects.toMatchObject({ code: 'CLONE_TOO_LARGE' });
  expectNothingLeft();
});

test('a clone that is cancelled ends with its helpers, and leaves nothing', async () => {
  let reached = false;
  server.gitAnswer = () => void (reached = true);
  const cancel = new AbortController();
  const cloning = cloned({}, {}, cancel.signal);
  await waitUntil(() => reached);
  cancel.abort();
  await expect(cloning).rejects.toMatchObject({ code: 'GITHUB_CANCELLED' });
  expectNothingLeft();
  await waitUntil(() => commandLines().every((line) => !line.includes(server.url)));
});

test('git itself can be missing', async () => {
  const { PATH } = process.env;
  process.env.PATH = root;
  try {
    await expect(cloned()).rejects.toMatchObject({ code: 'GIT_MISSING' });
  } finally {
    process.env.PATH = PATH;
  }
});

describe('a hostile repository', () => {
  test('runs nothing: neither hooks nor filters nor submodules', async () => {
    const marker = join(root, 'ran');
    server.add('eve/trap', {
      '.gitattributes': '* filter=lfs diff=lfs merge=lfs -text\n*.txt filter=evil\n',
      '.lfsconfig': '[lfs]\n  url = http://127.0.0.1:1/\n',
      'file.txt': 'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n',
      '.gitmodules': `[submodule "x"]\n  path = x\n  url = ${server.url}/ada/engine.git\n  update = !touch ${marker}\n`,
      'hooks/post-checkout': `#!/bin/sh\ntouch ${marker}\n`,
      '.husky/post-checkout': `#!/bin/sh\ntouch ${marker}\n`,
    });
    await cloned({ repository: 'eve/trap' });
    expect(existsSync(marker)).toBe(false);
    expect(server.paths.some((path) => path.includes('engine'))).toBe(false);
    expect(existsSync(join(workspace, 'trap', '.git', 'hooks'))).toBe(false);
    const config = readFileSync(join(workspace, 'trap', '.git', 'config'), 'utf8');
    expect(config).not.toMatch(/hooksPath|fsmonitor|helper|filter/);
  });

  test('may have links to anywhere, which stay links', async () => {
    server.add('eve/links', { passwd: { link: '/etc/passwd' }, up: { link: '../..' } });
    await cloned({ repository: 'eve/links' });
    expect(lstatSync(join(workspace, 'links', 'passwd')).isSymbolicLink()).toBe(true);
  });

  test('may not have itself fetched from elsewhere', async () => {
    other = await GitServer.start();
    server.add('eve/alternates', { a: '1' });
    server.alter('eve/alternates', 'config', 'uploadpack.advertiseBundleURIs', 'true');
    server.alter('eve/alternates', 'config', 'bundle.version', '1');
    server.alter('eve/alternates', 'config', 'bundle.mode', 'all');
    server.alter('eve/alternates', 'config', 'bundle.one.uri', `${other.url}/bundle`);
    await cloned({ repository: 'eve/alternates' });
    expect(other.paths).toEqual([]);
  });
});

describe('the list of repositories', () => {
  const api = (): GitHubApi => new GitHubApi(`${server.url}/api`, token);

  test('has what the model needs of each, page by page', async () => {
    server.repositories = Array.from({ length: 51 }, (_, index) => ({
      full_name: `ada/r${index}`,
      private: index === 0,
      description: index === 1 ? null : 'Works',
      default_branch: 'main',
      pushed_at: '2026-11-20T10:00:00Z',
    }));
    const first = await api().repositories(1, NEVER);
    expect(first).toHaveLength(50);
    expect(first[0]).toEqual({
      fullName: 'ada/r0',
      isPrivate: true,
      description: 'Works',
      defaultBranch: 'main',
      pushedAt: '2026-11-20T10:00:00Z',
    });
    expect(await api().repositories(2, NEVER)).toHaveLength(1);
  });

  test.each([
    [{ status: 403 }, 'GITHUB_FORBIDDEN'],
    [{ status: 403, headers: { 'x-ratelimit-remaining': '0' } }, 'GITHUB_THROTTLED'],
    [{ status: 429 }, 'GITHUB_THROTTLED'],
    [{ status: 404 }, 'GITHUB_NOT_FOUND'],
    [{ status: 502 }, 'GITHUB_FAILED'],
  ])('answered with %j fails with a code', async (answer, code) => {
    server.apiAnswer = answer;
    await expect(api().repositories(1, NEVER)).rejects.toMatchObject({ code });
  });

  test('follows no redirect: the token is for this host, and so is what is believed', async () => {
    other = await GitServer.start();
    other.repositories = [{ full_name: 'eve/trap' }];
    for (const status of [301, 302, 307, 308]) {
      server.apiAnswer = { status, headers: { location: `${other.url}/api/user/repos?page=1` } };
      await expect(api().repositories(1, NEVER)).rejects.toMatchObject({ code: 'GITHUB_UNREACHABLE' });
    }
    expect(other.paths).toEqual([]);
  });

  test('tells when the token is not accepted any more', async () => {
    await expect(new GitHubApi(`${server.url}/api`, 'old').repositories(1, NEVER)).rejects.toBeInstanceOf(TokenRefused);
  });
});
