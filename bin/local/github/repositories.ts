import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ACCOUNTS, type Account } from '../agent-identity/oauth-stand-in';

const run = promisify(execFile);

/** A repository that lies on this machine. */
export interface Repository {
  readonly owner: string;
  readonly name: string;
  /** Absolute path of the bare repository. */
  readonly path: string;
  /** When it was changed last. */
  readonly pushedAt: Date;
}

/** The name of the repository that each account begins with. */
const FIRST = 'hello-world';
const BRANCH = 'main';
const IDENTITY = {
  GIT_AUTHOR_NAME: 'local run',
  GIT_AUTHOR_EMAIL: 'local@example.com',
  GIT_COMMITTER_NAME: 'local run',
  GIT_COMMITTER_EMAIL: 'local@example.com',
};

/** The bare repositories of the test accounts: `<folder>/<account>/<name>.git`. What is put there is there. */
export class Repositories {
  /** @param folder where they are and stay */
  constructor(
    public readonly folder: string,
    private readonly git: string,
  ) {}

  /** Those that an account may read and write, the last changed first. */
  public of(account: Account): Repository[] {
    const folder = join(this.folder, account);
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((entry) => entry.endsWith('.git') && statSync(join(folder, entry)).isDirectory())
      .map((entry) => ({
        owner: account,
        name: entry.slice(0, -'.git'.length),
        path: join(folder, entry),
        pushedAt: statSync(join(folder, entry)).mtime,
      }))
      .sort((left, right) => right.pushedAt.getTime() - left.pushedAt.getTime());
  }

  /** Makes the first repository of each account, where it is not there yet. */
  public async prepare(): Promise<void> {
    for (const account of ACCOUNTS) {
      const path = join(this.folder, account, `${FIRST}.git`);
      if (!existsSync(path)) await this.create(path, account);
    }
  }

  private async create(final: string, account: Account): Promise<void> {
    const path = `${final}.next`;
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const git = async (args: readonly string[], input = ''): Promise<string> => {
      const options = { cwd: path, env: { ...IDENTITY, HOME: path, PATH: '/usr/bin:/bin', GIT_CONFIG_NOSYSTEM: '1' } };
      const running = run(this.git, args, options);
      // Git does not wait for what it does not read.
      running.child.stdin?.on('error', () => undefined).end(input);
      return (await running).stdout.trim();
    };
    await git(['init', '--quiet', '--bare', `--initial-branch=${BRANCH}`]);
    const blob = await git(['hash-object', '-w', '--stdin'], `# ${FIRST}\n\nA repository of ${account}.\n`);
    const tree = await git(['mktree'], `100644 blob ${blob}\tREADME.md\n`);
    const commit = await git(['commit-tree', tree, '-m', 'Begin']);
    await git(['update-ref', `refs/heads/${BRANCH}`, commit]);
    renameSync(path, final);
  }
}
