import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type * as TokenVaults from '../../../bin/local/agent-identity/token-vault';
import type { ScriptedToolUse } from '../../../bin/local/model/model-script';
import { AgentRun, type SignedIn } from './support/agent-run';
import { descendants } from './support/processes';
import { describeWith } from './support/programs';

const LIST: ScriptedToolUse = { name: 'mcp__gh__list_repositories', input: {} };
const CLONE: ScriptedToolUse = {
  name: 'mcp__gh__clone_repository',
  input: { repository: 'octo-alice/hello-world', history: true },
};
const RETURN_URL = 'https://agent.example.com/oauth/return';
const README = 'A repository of octo-alice';

/** How much later it is for what AgentCore keeps of links, in milliseconds. */
let mockLater = 0;

jest.mock('../../../bin/local/agent-identity/token-vault', () => {
  const { TokenVault: Vault } = jest.requireActual<typeof TokenVaults>('../../../bin/local/agent-identity/token-vault');
  return {
    TokenVault: class extends Vault {
      constructor() {
        super(() => Date.now() + mockLater);
      }
    },
  };
});

let run: AgentRun;
let alice: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  run = await AgentRun.start(join(__dirname, 'support', 'connected-app.ts'));
  [alice, bob] = [await run.signIn('alice'), await run.signIn('bob')];
}, 90_000);

afterAll(() => run.stop());

interface Link {
  readonly url: string;
  readonly session_uri: string;
}

/** An event of the agent that tells of a link. */
interface CustomEvent {
  readonly name?: string;
  readonly value: Link;
}

/** Has the agent need the account of the user, and gives the link that the page shows. */
async function askedLink(session: string, user: SignedIn): Promise<Link> {
  await run.turn(session, user, 'Which repositories are there?', LIST);
  expect(run.results.at(-1)).toEqual({
    failed: true,
    text: expect.stringContaining('has not linked an account') as string,
  });
  return newestLink(session, user);
}

async function newestLink(session: string, { accessToken }: SignedIn): Promise<Link> {
  const { text } = await run.invoke(session, accessToken, { action: 'attach', after: 0, stream: false });
  const { events } = JSON.parse(text) as { readonly events: readonly { readonly event: CustomEvent }[] };
  const asked = events.findLast(({ event: { name } }) => name === 'oauth.required');
  if (asked === undefined) throw new Error('the agent asked for no account');
  return asked.event.value;
}

/** Follows a link as a browser does, chooses at the provider, and gives the address that it comes back to. */
async function consent({ url }: Link, choice: string): Promise<URL> {
  const page = (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? '';
  const answered = await fetch(page, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ choice }) });
  const back = await fetch(answered.headers.get('location') ?? '', { redirect: 'manual' });
  return new URL(back.headers.get('location') ?? '');
}

/** What the return page asks the API for. */
async function complete({ accessToken }: SignedIn, sessionUri: string | null): Promise<string> {
  const { status, body } = await run.api(accessToken, '/oauth/complete', 'POST', { sessionUri });
  const code = (body as { readonly error?: { readonly code: string } } | undefined)?.error?.code;
  return code === undefined ? String(status) : `${String(status)} ${code}`;
}

describe('a user who links an account for the agent', () => {
  it('is known by the token of who comes back: another user finishes nothing, and nobody does so twice', async () => {
    const session = 'session-of-alice-who-links-an-account-1';
    const link = await askedLink(session, alice);
    const early = await complete(alice, link.session_uri);
    const back = await consent(link, 'octo-alice');

    expect(early).toBe('403 LINK_REFUSED');
    expect(back.origin + back.pathname).toBe(RETURN_URL);
    expect(back.searchParams.get('session_id')).toBe(link.session_uri);
    expect(await complete(bob, link.session_uri)).toBe('403 LINK_REFUSED');
    expect(await complete(alice, back.searchParams.get('session_id'))).toBe('204');
    expect(await complete(alice, link.session_uri)).toBe('403 LINK_REFUSED');
    expect(await complete(bob, link.session_uri)).toBe('403 LINK_REFUSED');

    await run.turn(session, alice, 'And now?', LIST);
    expect(run.results.at(-1)).toEqual({
      failed: false,
      text: expect.stringContaining('octo-alice/hello-world') as string,
    });
    // What alice has linked is hers.
    await askedLink('session-of-bob-who-has-linked-nothing-1', bob);
  });

  it('may deny it, and gets another link when the agent needs the account again', async () => {
    const session = 'session-of-bob-who-denies-the-account-1';
    const link = await askedLink(session, bob);
    const back = await consent(link, 'deny');

    expect(back.searchParams.get('error')).toBe('access_denied');
    expect(await complete(bob, link.session_uri)).toBe('403 LINK_REFUSED');
    expect((await askedLink(session, bob)).session_uri).not.toBe(link.session_uri);
  });

  it('cannot finish after ten minutes, though the account was allowed in time, and is asked again', async () => {
    const session = 'session-of-bob-who-comes-back-too-late-1';
    const link = await askedLink(session, bob);
    const back = await consent(link, 'octo-bob');
    mockLater = 10 * 60_000 + 1000;
    const late = await complete(bob, back.searchParams.get('session_id'));
    const page = await fetch(link.url, { redirect: 'manual' });
    const again = await askedLink(session, bob);

    expect(late).toBe('403 LINK_REFUSED');
    expect([page.status, await page.text()]).toEqual([400, expect.stringContaining('has expired')]);
    expect(again.session_uri).not.toBe(link.session_uri);
    // What is over for AgentCore is over: no token was kept on the way.
    expect(await complete(bob, link.session_uri)).toBe('403 LINK_REFUSED');
  });

  it.each([
    ['an id that is unknown or over', 'urn:ietf:params:oauth:request_uri:made-up', '403 LINK_REFUSED'],
    ['what is no id', 'https://evil.example.com/', '400 INVALID_REQUEST'],
    ['nothing', null, '400 INVALID_REQUEST'],
  ])('cannot finish with %s', async (_, sessionUri, refusal) => {
    expect(await complete(alice, sessionUri)).toBe(refusal);
  });
});

describeWith('git', 'git', 'a user whose agent clones a repository', (git) => {
  const session = 'session-of-alice-who-clones-something-1';

  beforeAll(async () => {
    await run.turn(session, alice, 'Which repositories are there?', LIST);
    if (run.results.at(-1)?.failed === true) {
      const link = await newestLink(session, alice);
      await consent(link, 'octo-alice');
      expect(await complete(alice, link.session_uri)).toBe('204');
    }
    await run.turn(session, alice, 'Clone it', LIST, CLONE);
    expect(run.results.slice(-2).map(({ failed }) => failed)).toEqual([false, false]);
  });

  it('finds it in the workspace, where the next commands find no way to more of it', async () => {
    const files = await run.api(alice.accessToken, `/sessions/${session}/files?prefix=hello-world`);
    const address = `/sessions/${session}/files/content?path=hello-world%2F`;
    const contentOf = async (path: string): Promise<string> => {
      const { body } = await run.api(alice.accessToken, address + encodeURIComponent(path));
      return (await fetch((body as { readonly url: string }).url)).text();
    };

    expect(files.body).toMatchObject({
      files: expect.arrayContaining([expect.objectContaining({ name: 'README.md' })]) as object,
    });
    expect(await contentOf('README.md')).toContain(README);
    expect(await contentOf('.git/config')).not.toMatch(/extraheader|helper|@/);
    const [copy = ''] = foldersCalled('hello-world', join(run.state, 'sessions'));
    const fetching = promisify(execFile)(git, ['-C', copy, 'fetch'], {
      env: { PATH: '/usr/bin:/bin', GIT_TERMINAL_PROMPT: '0' },
    });
    await expect(fetching).rejects.toThrow(/[Aa]uthentication|could not read Username/);
  });

  it('leaves no token in files, conversations, logs, prompts, lists or running programs', async () => {
    const events = await run.invoke(session, alice.accessToken, { action: 'attach', after: 0, stream: false });
    const of = (path: string) => run.api(alice.accessToken, path);
    const places: Record<string, string> = {
      'files of sessions': contentBelow(join(run.state, 'sessions')),
      'logs and metrics': contentBelow(join(run.state, 'logs')),
      'all other state of the run': contentBelow(run.state),
      'the output of the run': run.lines.join('\n'),
      'the prompts': run.prompts,
      'the events': events.text,
      'the API': JSON.stringify([await of('/sessions'), await of(`/sessions/${session}/messages`)]),
      'the programs': programsOf(run.up.pid),
    };

    // The search sees what there is: each of these was looked at, and the clone is among it.
    expect(Object.entries(places).filter(([, text]) => text === '')).toEqual([]);
    expect(places['files of sessions']).toContain(README);
    expect(places['logs and metrics']).toContain('_aws');
    for (const [place, text] of Object.entries(places)) expect([place, secretsIn(text)]).toEqual([place, []]);
  });
});

/** What looks like a token of the provider, plain or as the password of git, or is the token of the user. */
function secretsIn(text: string): string[] {
  const known = [
    alice.accessToken,
    alice.accessToken.split('.')[2] ?? '',
    Buffer.from('x-access-token:gho').toString('base64'),
  ];
  return [...(text.match(/gho_\w{10,}/g) ?? []), ...known.filter((secret) => text.includes(secret))];
}

function contentBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

function foldersCalled(name: string, folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name === name)
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Command lines and environments of all that runs below a process. */
function programsOf(pid: number): string {
  return descendants(pid)
    .map(({ pid: one, command }) => {
      try {
        return `${command}\n${readFileSync(`/proc/${String(one)}/environ`, 'latin1')}`;
      } catch {
        // It has ended meanwhile, or this is no Linux.
        return command;
      }
    })
    .join('\n');
}
