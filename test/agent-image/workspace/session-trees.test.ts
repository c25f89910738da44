import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { protectedPart } from '../../../agent-image/src/permissions/protected-files';
import { fileTree, transcriptTree } from '../../../agent-image/src/workspace/session-trees';

const DIRECTORIES = { configDirectory: '/home/agent/.claude', workspaceDirectory: '/home/agent/workspace' };
const OWN = '3d03f94e-94a6-4cc1-95bd-4683f4d94674';

/** Whether what lies at `path` below the SDK's folder of transcripts is kept with the conversation. */
function keeps(path: string, conversation: string | undefined = OWN): boolean {
  return transcriptTree(DIRECTORIES, 'key', conversation).keeps(path, false);
}

describe('what is kept of a conversation', () => {
  test.each([
    '-workspace',
    `-workspace/${OWN}.jsonl`,
    `-workspace/${OWN}`,
    `-workspace/${OWN}/subagents/agent-1.jsonl`,
    `-workspace/${OWN}/tool-results/mcp-docs-read_page-1795275591831.txt`,
    `-workspace/${OWN}/tool-results/mcp-docs-blob-1795275591831-0mkhjb.pdf`,
  ])('is %s', (path) => {
    expect(keeps(path)).toBe(true);
  });

  test.each(['png', 'jpg', 'jpeg', 'gif', 'webp'])(
    'is no copy of a .%s image, which the transcript holds',
    (ending) => {
      expect(keeps(`-workspace/${OWN}/tool-results/mcp-ci-blob-1795275591831-0mkhjb.${ending}`)).toBe(false);
    },
  );

  test.each(['-workspace/other.jsonl', '-workspace/other/tool-results/a.txt', `-workspace/${OWN}.jsonl.tmp`])(
    'is nothing of another conversation, such as %s',
    (path) => {
      expect(keeps(path)).toBe(false);
    },
  );

  test('is nothing before there is one', () => {
    expect(transcriptTree(DIRECTORIES, 'key', undefined).keeps('-workspace/other.jsonl', false)).toBe(false);
  });
});

test('the rules of what is not kept are a file that the agent may not write', () => {
  expect(['.agentignore', 'sub/.AgentIgnore'].map(protectedPart)).toEqual(['.agentignore', '.AgentIgnore']);
  expect(protectedPart('agentignore')).toBeUndefined();
});

describe('rules of what is not kept', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'session-trees-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const keeps = (path: string): boolean =>
    fileTree({ configDirectory: '/none', workspaceDirectory: directory }).keeps(path, false);

  it('are those of the working directory', () => {
    writeFileSync(join(directory, '.agentignore'), '*.log\n');
    expect([keeps('a.log'), keeps('a.txt'), keeps('.agentignore')]).toEqual([false, true, true]);
  });

  it.each([
    ['a link', () => symlinkSync('/etc/hosts', join(directory, '.agentignore'))],
    ['a directory', () => mkdirSync(join(directory, '.agentignore'))],
    ['a pipe', () => execFileSync('mkfifo', [join(directory, '.agentignore')])],
    ['an endless file', () => symlinkSync('/dev/zero', join(directory, '.agentignore'))],
  ])('are none when the file is %s', (_what, make) => {
    make();
    expect(keeps('localhost')).toBe(true);
  });

  it('count as far as they are read', () => {
    writeFileSync(join(directory, '.agentignore'), `*.log\n${'#'.repeat(300_000)}\n*.txt\n`);
    expect([keeps('a.log'), keeps('a.txt')]).toEqual([false, true]);
  });
});
