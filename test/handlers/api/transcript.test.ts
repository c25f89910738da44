import { promptAfterLost, promptWithHistory } from '../../../agent-image/src/history';
import { messagesOf } from '../../../lib/handlers/api/transcript';

const at = '2026-01-01T00:00:00.000Z';
const line = (uuid: string, type: 'user' | 'assistant', message: object, more: object = {}): string =>
  JSON.stringify({ uuid, type, timestamp: at, message, ...more });
const said = (uuid: string, content: unknown, more?: object) => line(uuid, 'user', { role: 'user', content }, more);
const answered = (uuid: string, id: string, content: unknown, more?: object) =>
  line(uuid, 'assistant', { id, role: 'assistant', content }, more);
const text = (value: string) => [{ type: 'text', text: value }];

describe('the messages of a transcript', () => {
  test('are what was said, tool calls and their results, in their order', () => {
    const transcript = [
      said('u1', 'Where is my order?'),
      answered('a1', 'msg_1', [{ type: 'thinking', thinking: 'hm' }]),
      answered('a2', 'msg_1', text('I look.')),
      answered('a3', 'msg_1', [{ type: 'tool_use', id: 't1', name: 'mcp__gw__orders', input: { id: 7 } }]),
      said('u2', [{ type: 'tool_result', tool_use_id: 't1', content: text('on its way') }]),
      answered('a4', 'msg_2', text('On its way.')),
    ].join('\n');
    expect(messagesOf(transcript)).toEqual([
      { id: 'u1', createdAt: at, role: 'user', content: 'Where is my order?' },
      {
        id: 'msg_1',
        createdAt: at,
        role: 'assistant',
        content: 'I look.',
        toolCalls: [{ id: 't1', type: 'function', function: { name: 'mcp__gw__orders', arguments: '{"id":7}' } }],
      },
      { id: 'u2-t1', createdAt: at, role: 'tool', toolCallId: 't1', content: 'on its way' },
      { id: 'msg_2', createdAt: at, role: 'assistant', content: 'On its way.' },
    ]);
  });

  test('have one answer where results came between its tool calls', () => {
    const call = (id: string) => [{ type: 'tool_use', id, name: 'Read', input: {} }];
    const result = (id: string) => [{ type: 'tool_result', tool_use_id: id, content: id }];
    const transcript = [
      answered('a1', 'msg_1', call('t1')),
      said('u1', result('t1')),
      answered('a2', 'msg_1', call('t2')),
      said('u2', result('t2')),
    ].join('\n');
    const messages = messagesOf(transcript);
    expect(messages.map(({ id }) => id)).toEqual(['msg_1', 'u1-t1', 'u2-t2']);
    expect(messages[0]).toMatchObject({ toolCalls: [{ id: 't1' }, { id: 't2' }] });
  });

  test('leave out sub-agents, notes of the SDK, and what it noted twice', () => {
    const transcript = [
      said('u1', 'go'),
      said('u1', 'go'),
      said('m1', 'a note', { isMeta: true }),
      said('m2', 'a summary', { isCompactSummary: true }),
      answered('s1', 'msg_s', text('sub'), { isSidechain: true }),
      JSON.stringify({ type: 'queue-operation', content: 'go' }),
      JSON.stringify({ type: 'attachment', uuid: 'x', attachment: { type: 'date' } }),
    ].join('\n');
    expect(messagesOf(transcript).map(({ content }) => content)).toEqual(['go']);
  });

  test('name what is no text, and mark tools that failed', () => {
    const transcript = [
      said('u1', [...text('see'), { type: 'image', source: {} }]),
      said('u2', [{ type: 'tool_result', tool_use_id: 't', content: 'no', is_error: true }]),
    ].join('\n');
    expect(messagesOf(transcript)).toMatchObject([{ content: 'see\n[image]' }, { content: 'no', isError: true }]);
  });

  test('say what the person wrote, of prompts that were told to the model with more', () => {
    const history = [{ role: 'assistant', content: 'We said\nmuch before.' }] as const;
    const first = promptWithHistory('Go on.\nWith\nall.', history);
    const lost = promptAfterLost('And now?', 'Where is my order?', '');
    const both = promptAfterLost(promptWithHistory('x'.repeat(20_000), history), 'Where is my order?', '');
    const contents = [first, lost, both].map((prompt) => messagesOf(said('u1', text(prompt)))[0]?.content);
    expect([first, lost]).toEqual([expect.stringContaining('much before'), expect.stringContaining('my order')]);
    expect(contents.slice(0, 2)).toEqual(['Go on.\nWith\nall.', 'And now?']);
    expect(contents[2]).toMatch(/^x{16384}… \[3616 characters left out\]$/);
  });

  test('leave what tools gave as it is', () => {
    const told = promptAfterLost('And now?', 'Where is my order?', '');
    const result = { type: 'tool_result', tool_use_id: 't1', content: text(told) };
    expect(messagesOf(said('u1', [result]))).toMatchObject([{ role: 'tool', content: told }]);
  });

  test('are cut where they are too long', () => {
    const [message] = messagesOf(said('u1', 'x'.repeat(20_000)));
    expect(message?.content).toMatch(/^x{16384}… \[3616 characters left out\]$/);
  });

  test.each([
    '',
    '\n\n',
    '{"type":"user"',
    'null',
    '7',
    '[]',
    '{"uuid":1,"type":"user"}',
    said('u', null),
    said('u', 7),
  ])('are none in %j, which a process may have been stopped in', (transcript) => {
    expect(messagesOf(transcript)).toEqual([]);
  });
});
