import { spawn } from 'node:child_process';
import { devNull } from 'node:os';
import { isTimeout } from '../error-name.ts';
import { GitHubFault } from './github-fault.ts';
import { GIT_USER, withoutToken } from './without-token.ts';

/** Longest output that is kept, in characters: of errors the end tells most. */
const MAX_OUTPUT = 20_000;

/** How often it is looked whether a process has taken more than it may, in milliseconds. */
const WATCH_MS = 250;

/**
 * Settings of every call. A repository is the work of strangers, so nothing of it is run, and nothing is fetched from
 * anywhere else.
 */
const SETTINGS = [
  ...['core.hooksPath=/dev/null', 'core.fsmonitor=false', 'core.askPass=', 'core.pager=cat', 'core.editor=false'],
  ...['protocol.allow=never', 'submodule.recurse=false', 'fetch.recurseSubmodules=false'],
  // Empty: what came before in the list of helpers, from a file or the system, counts no more.
  ...['credential.helper=', 'credential.interactive=false', 'http.followRedirects=false'],
  // Ends by itself when nothing comes for a minute, also when the agent itself is killed meanwhile.
  ...['http.lowSpeedLimit=1', 'http.lowSpeedTime=60'],
  // The programs that a repository may only name in its .gitattributes.
  ...['filter.lfs.smudge=', 'filter.lfs.process=', 'filter.lfs.required=false', 'diff.external='],
  ...['gc.auto=0', 'maintenance.auto=false', 'advice.detachedHead=false', 'init.templateDir='],
];

/**
 * Reads the credentials from the pipe that this one call of git has inherited, and which then is empty. Git calls it with
 * what it wants done, which may be to keep or to forget them, too.
 */
const HELPER = '!f() { test "$1" != get || cat <&3; }; f';

export interface GitCall {
  readonly args: readonly string[];
  /** Where it works. */
  readonly cwd: string;
  /** Absolute path of a directory of its own, for what git looks for below HOME. */
  readonly home: string;
  /** For calls that reach a network: the only place that is reached, and the token for it. */
  readonly remote?: { readonly url: string; readonly token: string };
  readonly signal: AbortSignal;
  /** Asked again and again while git runs: throws when it has taken more than it may. */
  readonly watch?: () => void;
  /** Takes the output; throws when it is more than it may be. It is kept when missing. */
  readonly onOutput?: (text: string) => void;
}

/**
 * Runs git and gives its output.
 *
 * The token comes to git through a pipe and to nothing else: not on a command line, which every process can read, not in
 * an environment, and not in a file.
 *
 * @throws GitHubFault `CLONE_FAILED`, `CLONE_TIMEOUT`, `GITHUB_CANCELLED`, `GIT_MISSING`, and what `watch` throws
 */
export function runGit({ args, cwd, home, remote, signal, watch, onOutput }: GitCall): Promise<string> {
  const origin = remote === undefined ? undefined : new URL(remote.url);
  const settings = [
    ...SETTINGS,
    ...(origin
      ? [`protocol.${origin.protocol.slice(0, -1)}.allow=always`, `credential.${origin.origin}.helper=${HELPER}`]
      : []),
  ];
  const child = spawn('git', [...settings.flatMap((setting) => ['-c', setting]), ...args], {
    cwd,
    env: environment(home),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    // Of its own group: git that is ended leaves its helpers behind, which hold the connection and the token.
    detached: true,
  });
  const credentials = child.stdio[3] as NodeJS.WritableStream;
  // Git that needs no credentials never reads them.
  credentials.on('error', () => undefined);
  credentials.end(remote === undefined ? '' : `username=${GIT_USER}\npassword=${remote.token}\n`);
  return new Promise((resolve, reject) => {
    let output = '';
    let errors = '';
    let ending: unknown;
    const end = (reason: unknown): void => {
      ending ??= reason;
      killGroup(child.pid);
    };
    const guarded = (check: () => void): void => {
      try {
        check();
      } catch (error) {
        end(error);
      }
    };
    const abort = (): void => end(faultOfSignal(signal));
    const watching = watch && setInterval(() => guarded(watch), WATCH_MS);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (onOutput) guarded(() => onOutput(text));
      else output = (output + text).slice(-MAX_OUTPUT);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-MAX_OUTPUT)));
    const settle = (finish: () => void): void => {
      clearInterval(watching);
      signal.removeEventListener('abort', abort);
      finish();
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'ENOENT' ? 'GIT_MISSING' : 'CLONE_FAILED';
      settle(() => reject(new GitHubFault(code, error.code ?? error.name)));
    });
    child.on('close', (status) => {
      settle(() => {
        if (ending !== undefined) return reject(ending as Error);
        if (status === 0) return resolve(output);
        reject(faultOfGit(status, withoutToken(errors, remote?.token ?? GIT_USER)));
      });
    });
  });
}

/** Nothing of this process's own but the search path and what a network behind a proxy needs: it holds credentials. */
function environment(home: string): NodeJS.ProcessEnv {
  const passed = ['PATH', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy'];
  return {
    ...Object.fromEntries(
      passed.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ),
    ...{ HOME: home, XDG_CONFIG_HOME: home, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' },
    ...{ GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: devNull, GIT_ATTR_NOSYSTEM: '1' },
    ...{ GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: '', SSH_ASKPASS: '', GIT_LFS_SKIP_SMUDGE: '1', GIT_NO_LAZY_FETCH: '1' },
  };
}

function faultOfSignal(signal: AbortSignal): GitHubFault {
  return new GitHubFault(isTimeout(signal) ? 'CLONE_TIMEOUT' : 'GITHUB_CANCELLED', 'git was ended');
}

/** The text of git is all that tells why; its language is set above. */
function faultOfGit(status: number | null, errors: string): GitHubFault {
  const reason = errors.trim().split('\n').slice(-3).join(' ');
  const detail = `git ended with ${status ?? 'a signal'}: ${reason}`;
  if (/repository '.*' not found|Remote branch .* not found|returned error: 404/i.test(errors)) {
    return new GitHubFault('GITHUB_NOT_FOUND', detail);
  }
  if (/Authentication failed|could not read (Username|Password)|returned error: (401|403)/i.test(errors)) {
    return new GitHubFault('GITHUB_FORBIDDEN', detail);
  }
  if (/Could not resolve host|Failed to connect|unable to access/i.test(errors)) {
    return new GitHubFault('GITHUB_UNREACHABLE', detail);
  }
  return new GitHubFault('CLONE_FAILED', detail, reason);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
