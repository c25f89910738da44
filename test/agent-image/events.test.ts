import { EventSchema } from '@ag-ui/core/schemas';
import { RunTranslator } from '../../agent-image/src/events';
import { type ContentEvent, MAX_TOOL_RESULT_CHARACTERS } from '../../agent-image/src/protocol';
import { ReplyCollector } from '../../agent-image/src/reply';

type SdkMessage = Parameters<RunTranslator['translate']>[0];

/** The SDK's messages carry far more than is read; what is written here is what its declarations call essential. */
const sdk = (message: object): SdkMessage =>
  ({ session_id: 's', uuid: 'u', parent_tool_use_id: null, ...message }) as unknown as SdkMessage;
const streamed = (event: object): SdkMessage => sdk({ type: 'stream_event', event });
const whole = (id: string, ...content: object[]): SdkMessage => sdk({ type: 'assistant', message: { id, content } });

const messageStart = (id: string): SdkMessage => streamed({ type: 'message_start', message: { id } });
const blockStart = (block: object): SdkMessage =>
  streamed({ type: 'content_block_start', index: 0, content_block: block });
const delta = (value: object): SdkMessage => streamed({ type: 'content_block_delta', index: 0, delta: value });
const text = (value: string): SdkMessage => delta({ type: 'text_delta', text: value });
const blockStop = streamed({ type: 'content_block_stop', index: 0 });
const messageStop = streamed({ type: 'message_stop' });
const toolResult = (content: unknown, fields: object = {}): SdkMessage =>
  sdk({
    type: 'user',
    message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content, ...fields }] },
  });

const TEXT = { type: 'text', text: '' };

function translate(messages: SdkMessage[], answered = true): ContentEvent[] {
  const translator = new RunTranslator();
  const events = messages.flatMap((message) => translator.translate(message));
  events.push(...translator.end(answered));
  expect(events.map((event) => EventSchema.parse(event))).toEqual(events);
  expectWellFormed(events);
  return events;
}

/** Every message and call begins once, ends once, and has content in between only. */
function expectWellFormed(events: ContentEvent[]): void {
  const open = new Set<string>();
  for (const event of events) {
    if (event.type === 'CUSTOM' || event.type === 'TOOL_CALL_RESULT') continue;
    const id = `${event.type.replace(/_[A-Z]+$/, '')} ${'toolCallId' in event ? event.toolCallId : event.messageId}`;
    if (event.type.endsWith('_START')) {
      expect(open).not.toContain(id);
      open.add(id);
    } else {
      expect(open).toContain(id);
    }
    if (event.type.endsWith('_END')) open.delete(id);
  }
  expect([...open]).toEqual([]);
}

function replyOf(events: ContentEvent[]): ReplyCollector['content'] {
  const collector = new ReplyCollector();
  events.forEach((event) => collector.add(event));
  return collector.content;
}

const contents = (events: ContentEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'TEXT_MESSAGE_CONTENT' ? [event.delta] : []));
const types = (events: ContentEvent[]): string[] => events.map(({ type }) => type);

describe('an answer', () => {
  it('that is streamed becomes one message', () => {
    const events = translate([
      messageStart('m'),
      blockStart(TEXT),
      text('Hel'),
      text('lo'),
      whole('m', { type: 'text', text: 'Hello' }),
      blockStop,
      messageStop,
    ]);
    expect(events).toEqual([
      { type: 'TEXT_MESSAGE_START', messageId: 'm-1', role: 'assistant' },
      { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm-1', delta: 'Hel' },
      { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm-1', delta: 'lo' },
      { type: 'TEXT_MESSAGE_END', messageId: 'm-1' },
    ]);
  });

  it('that is not streamed becomes one message of the whole text', () => {
    const events = translate([whole('m', { type: 'text', text: 'Hello' })]);
    expect(contents(events)).toEqual(['Hello']);
  });

  it('gets the end of a text that was not streamed to its end', () => {
    const events = translate([
      messageStart('m'),
      blockStart(TEXT),
      text('Hel'),
      whole('m', { type: 'text', text: 'Hello' }),
    ]);
    expect(contents(events)).toEqual(['Hel', 'lo']);
  });

  it('of several texts becomes several messages', () => {
    const answer = (value: string): SdkMessage[] => [
      blockStart(TEXT),
      text(value),
      whole('m', { type: 'text', text: value }),
      blockStop,
    ];
    const events = translate([messageStart('m'), ...answer('one'), ...answer('two')]);
    expect(events.filter(({ type }) => type === 'TEXT_MESSAGE_START')).toEqual([
      { type: 'TEXT_MESSAGE_START', messageId: 'm-1', role: 'assistant' },
      { type: 'TEXT_MESSAGE_START', messageId: 'm-2', role: 'assistant' },
    ]);
    expect(replyOf(events).response).toBe('one\n\ntwo');
  });

  it('shows no message for a block that stays empty', () => {
    const thinking = { type: 'thinking', thinking: '', signature: 'x' };
    const events = translate([
      messageStart('m'),
      blockStart(thinking),
      delta({ type: 'signature_delta', signature: 'x' }),
      whole('m', thinking),
      blockStop,
      blockStart(TEXT),
      whole('m', TEXT),
      blockStop,
    ]);
    expect(events).toEqual([]);
  });

  it('leaves out blocks that are neither text, reasoning nor a tool call', () => {
    const redacted = { type: 'redacted_thinking', data: 'x' };
    expect(translate([messageStart('m'), blockStart(redacted), whole('m', redacted), blockStop])).toEqual([]);
  });

  it('that is interrupted keeps its text', () => {
    const events = translate(
      [messageStart('m'), blockStart(TEXT), text('Hel'), whole('m', { type: 'text', text: 'Hel' })],
      false,
    );
    expect(replyOf(events).response).toBe('Hel');
  });

  it('leaves out what the SDK writes itself, and remembers the failure it reports', () => {
    const translator = new RunTranslator();
    const content = [{ type: 'text', text: 'API Error: 403' }];
    const report = sdk({ type: 'assistant', error: 'rate_limit', message: { id: 'x', model: '<synthetic>', content } });
    expect(translator.translate(report)).toEqual([]);
    expect(translator.modelError).toBe('rate_limit');
  });

  it('is not disturbed by messages of other kinds', () => {
    expect(
      translate([sdk({ type: 'system', subtype: 'init' }), sdk({ type: 'user', message: { content: 'text' } })]),
    ).toEqual([]);
  });
});

describe('reasoning', () => {
  it('is told by the names of AG-UI', () => {
    const events = translate([
      messageStart('m'),
      blockStart({ type: 'thinking', thinking: '' }),
      delta({ type: 'thinking_delta', thinking: 'Hmm' }),
      whole('m', { type: 'thinking', thinking: 'Hmm', signature: 'x' }),
      blockStop,
    ]);
    expect(types(events)).toEqual([
      'REASONING_START',
      'REASONING_MESSAGE_START',
      'REASONING_MESSAGE_CONTENT',
      'REASONING_MESSAGE_END',
      'REASONING_END',
    ]);
  });

  it('whose stream breaks is retracted', () => {
    const events = translate([
      messageStart('m'),
      blockStart({ type: 'thinking', thinking: '' }),
      delta({ type: 'thinking_delta', thinking: 'Hmm' }),
      blockStop,
    ]);
    expect(events.at(-1)).toEqual({ type: 'CUSTOM', name: 'message.retracted', value: { messageId: 'm-1' } });
  });
});

describe('a tool call', () => {
  const call = { type: 'tool_use', id: 't1', name: 'look', input: {} };
  const json = (part: string): SdkMessage => delta({ type: 'input_json_delta', partial_json: part });
  const callMessages = [
    messageStart('m'),
    blockStart(call),
    json('{ "at":'),
    json(' 1 }'),
    whole('m', { ...call, input: { at: 1 } }),
  ];

  it('ends before its result, which comes before the block stops', () => {
    const events = translate([...callMessages, toolResult('found'), blockStop, messageStop]);
    expect(types(events)).toEqual([
      'TOOL_CALL_START',
      'TOOL_CALL_ARGS',
      'TOOL_CALL_ARGS',
      'TOOL_CALL_END',
      'TOOL_CALL_RESULT',
    ]);
    expect(replyOf(events).tool_calls).toEqual([{ id: 't1', name: 'look', arguments: '{ "at": 1 }', result: 'found' }]);
  });

  it('that is not streamed has its arguments as JSON', () => {
    const events = translate([whole('m', { ...call, input: { at: 1 } })]);
    expect(replyOf(events).tool_calls).toEqual([{ id: 't1', name: 'look', arguments: '{"at":1}' }]);
  });

  it('whose stream breaks is retracted', () => {
    const events = translate([...callMessages.slice(0, 3), blockStop, whole('n', { type: 'text', text: 'no call' })]);
    expect(events).toContainEqual({ type: 'CUSTOM', name: 'message.retracted', value: { toolCallId: 't1' } });
    expect(replyOf(events)).toEqual({ response: 'no call', tool_calls: [] });
  });

  it.each([
    ['a text', 'plain', 'plain'],
    ['nothing', undefined, ''],
    ['a refusal of the SDK', '<tool_use_error>No such tool</tool_use_error>', 'No such tool'],
    [
      'several parts',
      [
        { type: 'text', text: 'one' },
        { type: 'image', source: {} },
        { type: 'text', text: 'two' },
      ],
      'one\n[image]\ntwo',
    ],
  ])('has a result of %s as text', (_what, content, expected) => {
    expect(translate([...callMessages, toolResult(content)]).at(-1)).toMatchObject({ content: expected });
  });

  it('marks a result that is an error', () => {
    const events = translate([...callMessages, toolResult('broke', { is_error: true })]);
    expect(events.at(-1)).toMatchObject({ metadata: { is_error: true } });
    expect(replyOf(events).tool_calls[0]).toMatchObject({ result: 'broke', is_error: true });
  });

  it('says how much of a long result is not shown', () => {
    const events = translate([...callMessages, toolResult('x'.repeat(MAX_TOOL_RESULT_CHARACTERS + 7))]);
    const [result] = replyOf(events).tool_calls;
    expect(result?.result).toBe(`${'x'.repeat(MAX_TOOL_RESULT_CHARACTERS)}\n… 7 more characters are not shown`);
  });

  it('separates the text before it from the answer', () => {
    const events = translate([
      whole('l', { type: 'text', text: 'I look.' }),
      ...callMessages,
      toolResult('found'),
      whole('n', { type: 'text', text: 'Found.' }),
    ]);
    expect(replyOf(events).response).toBe('Found.');
  });
});

describe('a stream that breaks', () => {
  const broken = [messageStart('m'), blockStart(TEXT), text('Half of '), blockStop, messageStop];
  const retried = (...parts: string[]): SdkMessage[] => [
    messageStart('n'),
    blockStart(TEXT),
    ...parts.map(text),
    whole('n', { type: 'text', text: parts.join('') }),
    blockStop,
    messageStop,
  ];

  it('goes on in the same message when the retry repeats the text', () => {
    const events = translate([...broken, ...retried('Ha', 'lf of it', ' all')]);
    expect(contents(events)).toEqual(['Half of ', 'it', ' all']);
    expect(types(events).filter((type) => type === 'TEXT_MESSAGE_START')).toHaveLength(1);
    expect(types(events)).not.toContain('CUSTOM');
  });

  it('goes on in the same message when the retry is not streamed', () => {
    const events = translate([...broken, whole('n', { type: 'text', text: 'Half of it' })]);
    expect(contents(events)).toEqual(['Half of ', 'it']);
  });

  it('is complete when the retry repeats exactly what is shown', () => {
    const events = translate([...broken, ...retried('Half of ')]);
    expect(contents(events)).toEqual(['Half of ']);
    expect(types(events)).not.toContain('CUSTOM');
  });

  it.each([
    ['says something else', ['Another'], 'Another'],
    ['begins alike and goes on differently', ['Half', ' a loaf'], 'Half a loaf'],
    ['says less', ['Half'], 'Half'],
  ])('is retracted when the retry %s', (_what, parts, expected) => {
    const events = translate([...broken, ...retried(...parts)]);
    expect(events).toContainEqual({ type: 'CUSTOM', name: 'message.retracted', value: { messageId: 'm-1' } });
    expect(replyOf(events).response).toBe(expected);
  });

  it('goes on after the retry has thought again', () => {
    const thought = whole('n', { type: 'thinking', thinking: 'Hmm', signature: 'x' });
    const events = translate([...broken, thought, whole('n', { type: 'text', text: 'Half of it' })]);
    expect(contents(events)).toEqual(['Half of ', 'it']);
  });

  it('goes on when the retries break too, before and after what is shown', () => {
    const early = [messageStart('n'), blockStart(TEXT), text('Half'), blockStop, messageStop];
    const late = [messageStart('o'), blockStart(TEXT), text('Half of it'), blockStop, messageStop];
    const events = translate([...broken, ...early, ...late, whole('p', { type: 'text', text: 'Half of it all' })]);
    expect(contents(events)).toEqual(['Half of ', 'it', ' all']);
  });

  it('keeps its text when the run fails', () => {
    const events = translate(broken, false);
    expect(types(events)).toEqual(['TEXT_MESSAGE_START', 'TEXT_MESSAGE_CONTENT', 'TEXT_MESSAGE_END']);
  });

  it('loses its text when the run succeeds without it', () => {
    const events = translate([...broken, whole('n', { type: 'tool_use', id: 't1', name: 'look', input: {} })]);
    expect(events.at(-1)).toMatchObject({ name: 'message.retracted' });
    expect(replyOf(events).response).toBe('');
  });
});
