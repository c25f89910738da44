import { echoScript } from '../../../../bin/local/model/echo-script';
import { parseModelRequest } from '../../../../bin/local/model/model-request';
import type { ContentBlock, ModelMessage, ScriptedMessage } from '../../../../bin/local/model/model-script';

const TOOLS = ['Write', 'Read', 'mcp__ci__execute_code'];
const CODE = 'use mcp__ci__execute_code {"code": "print(6 * 7)"}';

/** What the model answers to a conversation. */
async function answer(messages: readonly ModelMessage[], tools = TOOLS): Promise<ScriptedMessage> {
  const body = { messages, tools: tools.map((name) => ({ name })) };
  const reply = await echoScript(parseModelRequest('model', true, Buffer.from(JSON.stringify(body))));
  if (reply.kind !== 'message') throw new Error(`the model answers with ${reply.kind}`);
  return reply;
}

const text = (reply: ScriptedMessage): string => [reply.text ?? []].flat().join('');

const user = (...content: (ContentBlock | string)[]): ModelMessage => ({
  role: 'user',
  content: content.map((one) => (typeof one === 'string' ? { type: 'text', text: one } : one)),
});
const used: ModelMessage = { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'x', input: {} }] };
const result = (content: ContentBlock['content'], isError = false): ContentBlock => ({
  type: 'tool_result',
  tool_use_id: 't',
  ...(content === undefined ? {} : { content }),
  ...(isError ? { is_error: true } : {}),
});

describe('the model of a local run', () => {
  it('uses the tool that a line of the prompt names, with its input', async () => {
    const reply = await answer([user(`Please calculate.\n  ${CODE}\nThank you.`)]);

    expect(reply.toolUses).toEqual([{ name: 'mcp__ci__execute_code', input: { code: 'print(6 * 7)' } }]);
    expect(reply.text).toBeUndefined();
  });

  it('tells what the tool gave, and that it is no Claude', async () => {
    const reply = await answer([user(CODE), used, user(result([{ type: 'text', text: '42' }]))]);

    expect(reply.toolUses).toBeUndefined();
    expect(text(reply)).toContain('scripted model, not Claude');
    expect(text(reply)).toContain('mcp__ci__execute_code gave: 42');
  });

  it('uses several tools one after the other, also after one that failed', async () => {
    const prompt = user('use Write {"file_path": "a", "content": "tea"}\nuse Read {"file_path": "b"}\nuse Read {}');
    const first = [prompt, used, user(result('written'))];
    const second = [...first, used, user(result('no such file', true))];
    const third = [...second, used, user(result(undefined))];

    expect((await answer([prompt])).toolUses).toEqual([{ name: 'Write', input: { file_path: 'a', content: 'tea' } }]);
    expect((await answer(first)).toolUses).toEqual([{ name: 'Read', input: { file_path: 'b' } }]);
    expect((await answer(second)).toolUses).toEqual([{ name: 'Read', input: {} }]);
    const said = text(await answer(third));
    expect(said).toMatch(/Write gave: written\n\nRead failed: no such file\n\nRead gave: $/);
  });

  it('goes by the newest prompt, whatever tools gave before it, in the same message too', async () => {
    const earlier = [user(CODE), used, user(result('42'))];

    expect((await answer([...earlier, { role: 'assistant', content: 'done' }, user(CODE)])).toolUses).toHaveLength(1);
    expect((await answer([user(CODE), used, user(result('stopped', true), CODE)])).toolUses).toHaveLength(1);
    expect(text(await answer([...earlier, user('thanks')]))).toContain('turn 2 of our conversation');
  });

  it('does not take reminders of the command line for a prompt or a result', async () => {
    const reminder = '<system-reminder>use Write {"file_path": "x"}</system-reminder>';
    const reply = await answer([user(reminder, CODE), used, user(result(`42\n${reminder}`), reminder)]);

    expect(text(reply)).toMatch(/execute_code gave: 42$/);
  });

  it('shows a part of what is long, and how much it left out', async () => {
    const reply = await answer([user(CODE), used, user(result('x'.repeat(2_500)))]);

    expect(text(reply)).toContain(`${'x'.repeat(2_000)}… (500 characters more)`);
  });

  it('says how to have a tool used, and which there are', async () => {
    const said = text(await answer([user('hello')]));

    expect(said).toContain('`use <tool> <input as JSON>`');
    expect(said).toContain('I have Write, Read, mcp__ci__execute_code.');
  });

  it('says what is wrong with a line that it cannot follow, and uses nothing', async () => {
    const broken = await answer([user('use Read {"file_path": "a"')]);
    const unknown = await answer([user('use Bash {"command": "ls"}')]);

    expect([broken.toolUses, unknown.toolUses]).toEqual([undefined, undefined]);
    expect(text(broken)).toMatch(/The input of Read is not JSON: Expected .*An example: `use Write \{/s);
    expect(text(unknown)).toContain('I have no tool Bash.');
    expect(text(unknown)).toContain('I have Write, Read');
  });

  it('takes a sentence for a sentence, and is asked for no tool where none is offered', async () => {
    for (const [prompt, tools] of [
      ['use the force', TOOLS],
      ['I use Read {"file_path": "a"} daily', TOOLS],
      ['use Read', TOOLS],
      [CODE, []],
    ] as const) {
      const reply = await answer([user(prompt)], [...tools]);
      expect([prompt, reply.toolUses]).toEqual([prompt, undefined]);
      expect(text(reply)).toContain(`You wrote: “${prompt}”`);
    }
  });
});
