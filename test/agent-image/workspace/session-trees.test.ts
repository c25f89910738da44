import { transcriptTree } from '../../../agent-image/src/workspace/session-trees';

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
