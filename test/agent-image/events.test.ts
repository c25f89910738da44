import { Plan, RunTranslator } from '../../agent-image/src/events';
import { type ContentEvent, MAX_TOOL_RESULT_CHARACTERS } from '../../agent-image/src/protocol';
import { ReplyCollector } from '../../agent-image/src/reply';
import { expectAgUi, stateAfter } from './support/ag-ui-rules';
import { interruptOf } from './support/questions';

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
  expectAgUi(events);
  return events;
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
    ['a refusal of a hook', 'PreToolUse:look hook error: not now', 'not now'],
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

  it('leaves out where the container has an image', () => {
    const content = [
      { type: 'image', source: {} },
      { type: 'text', text: '[Image: source: /home/agent/x.png]' },
    ];
    expect(translate([...callMessages, toolResult(content)]).at(-1)).toMatchObject({ content: '[image]' });
  });

  it.each([
    ['streamed in pieces', (args: string) => args.match(/.{1,40000}/g) ?? []],
    ['not streamed', () => []],
  ])('says how much of long arguments is left out when they are %s', (_what, pieces) => {
    const input = { at: 'x'.repeat(MAX_TOOL_RESULT_CHARACTERS) };
    const args = JSON.stringify(input);
    const events = translate([
      ...(pieces(args).length > 0 ? [messageStart('m'), blockStart(call), ...pieces(args).map(json)] : []),
      whole('m', { ...call, input }),
    ]);
    const shown = events.flatMap((event) => (event.type === 'TOOL_CALL_ARGS' ? [event.delta] : [])).join('');
    expect(shown).toBe(args.slice(0, MAX_TOOL_RESULT_CHARACTERS));
    expect(events.at(-1)).toEqual({
      type: 'TOOL_CALL_END',
      toolCallId: 't1',
      metadata: { omitted_characters: args.length - MAX_TOOL_RESULT_CHARACTERS },
    });
  });

  it('has arguments of exactly the limit whole', () => {
    const input = { at: 'x'.repeat(MAX_TOOL_RESULT_CHARACTERS - '{"at":""}'.length) };
    const events = translate([whole('m', { ...call, input })]);
    expect(events.at(-1)).toEqual({ type: 'TOOL_CALL_END', toolCallId: 't1' });
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

describe('a sub-agent', () => {
  const of = (parent: string, message: object): SdkMessage => sdk({ parent_tool_use_id: parent, ...message });
  const started = (id: string, fields: object = {}): SdkMessage =>
    sdk({
      ...{ type: 'system', subtype: 'task_started', tool_use_id: id, subagent_type: 'pilot', description: 'look out' },
      ...fields,
    });
  const ended = (id: string, status: string): SdkMessage =>
    sdk({ type: 'system', subtype: 'task_notification', tool_use_id: id, status });
  const agentCall = (id: string): object => ({ type: 'tool_use', id, name: 'Agent', input: {} });
  const says = (parent: string, id: string, ...content: object[]): SdkMessage =>
    of(parent, { type: 'assistant', message: { id, content } });

  it('does not disturb the text that the agent is writing', () => {
    const events = translate([
      whole('m', agentCall('a')),
      started('a'),
      messageStart('n'),
      blockStart(TEXT),
      text('Mean'),
      says('a', 's', { type: 'text', text: 'Ahoy' }),
      text('while'),
      whole('n', { type: 'text', text: 'Meanwhile' }),
      blockStop,
      ended('a', 'completed'),
    ]);
    expect(contents(events)).toEqual(['Mean', 'Ahoy', 'while']);
    expect(types(events)).not.toContain('CUSTOM');
  });

  it('that is streamed is not mixed with another one', () => {
    const piece = (parent: string, event: object): SdkMessage => of(parent, { type: 'stream_event', event });
    const begin = (parent: string, id: string): SdkMessage[] => [
      piece(parent, { type: 'message_start', message: { id } }),
      piece(parent, { type: 'content_block_start', index: 0, content_block: TEXT }),
    ];
    const write = (parent: string, value: string): SdkMessage =>
      piece(parent, { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: value } });
    const events = translate([
      whole('m', agentCall('a'), agentCall('b')),
      ...[started('a'), started('b'), ...begin('a', 'x'), ...begin('b', 'y')],
      ...[write('a', 'A1'), write('b', 'B1'), write('a', 'A2')],
      says('a', 'x', { type: 'text', text: 'A1A2' }),
      says('b', 'y', { type: 'text', text: 'B1' }),
    ]);
    const by = (id: string): string[] => contents(events.filter((e) => 'subagentRunId' in e && e.subagentRunId === id));
    expect([by('a'), by('b')]).toEqual([['A1', 'A2'], ['B1']]);
  });

  it('of a sub-agent names the one that called it', () => {
    const events = translate([
      whole('m', agentCall('a')),
      started('a'),
      says('a', 's', agentCall('b')),
      started('b'),
      ended('b', 'completed'),
      ended('a', 'completed'),
    ]);
    expect(events).toContainEqual(expect.objectContaining({ subagentRunId: 'b', parentSubagentRunId: 'a' }));
  });

  it('ends with its result when nothing else said so', () => {
    const result = { type: 'tool_result', tool_use_id: 'a', content: 'no', is_error: true };
    const events = translate([
      whole('m', agentCall('a')),
      started('a'),
      sdk({ type: 'user', message: { role: 'user', content: [result] } }),
    ]);
    expect(types(events).slice(-2)).toEqual(['SUBAGENT_ERROR', 'TOOL_CALL_RESULT']);
  });

  it('ends once', () => {
    const events = translate([whole('m', agentCall('a')), started('a'), ended('a', 'completed'), ended('a', 'failed')]);
    expect(types(events).filter((type) => /^SUBAGENT_(FINISHED|ERROR)$/.test(type))).toEqual(['SUBAGENT_FINISHED']);
  });

  it('that is still at work ends with the turn', () => {
    const events = translate([whole('m', agentCall('a')), started('a')], false);
    expect(events.at(-1)).toMatchObject({ type: 'SUBAGENT_ERROR', subagentRunId: 'a' });
  });

  it.each([{ tool_use_id: undefined }, { subagent_type: undefined }])('is no other task: %j', (fields) => {
    expect(translate([started('a', fields)])).toEqual([]);
  });

  it('whose model fails is no failure of the model for the run', () => {
    const translator = new RunTranslator();
    const message = { id: 'x', model: '<synthetic>', content: [] };
    translator.translate(of('a', { type: 'assistant', error: 'rate_limit', message }));
    expect(translator.modelError).toBeUndefined();
  });

  it('that finished while a question was open is begun and ended in the run that goes on', () => {
    const translator = new RunTranslator();
    const told = (...messages: SdkMessage[]): ContentEvent[] => messages.flatMap((one) => translator.translate(one));
    const first = [...told(whole('m', agentCall('a'), agentCall('b')), started('a'), started('b'))];
    first.push(...told(says('b', 's', { type: 'tool_use', id: 't', name: 'look', input: {} })));
    first.push(...translator.suspend([interruptOf('t')]));
    const withheld = told(ended('a', 'completed'));
    const second = [...translator.proceed(), ...withheld, ...told(ended('b', 'completed')), ...translator.end(true)];
    expectAgUi(first, second);
    expect(first).toContainEqual({
      type: 'SUBAGENT_FINISHED',
      subagentRunId: 'b',
      outcome: { type: 'suspended', interruptIds: ['question-t'] },
    });
    expect(first).toContainEqual({ type: 'SUBAGENT_FINISHED', subagentRunId: 'a', outcome: { type: 'suspended' } });
  });

  it('ends and is suspended before the one that called it', () => {
    const messages = [whole('m', agentCall('a')), started('a'), says('a', 's', agentCall('b')), started('b')];
    const ids = (events: ContentEvent[]): string[] =>
      events.flatMap((event) =>
        /^SUBAGENT_(FINISHED|ERROR)$/.test(event.type) && 'subagentRunId' in event ? [event.subagentRunId ?? ''] : [],
      );
    expect(ids(translate(messages))).toEqual(['b', 'a']);
    const translator = new RunTranslator();
    messages.forEach((message) => translator.translate(message));
    expect(ids(translator.suspend([]))).toEqual(['b', 'a']);
  });

  it('and text that was being written when a question came leave both runs well-formed', () => {
    const translator = new RunTranslator();
    const told = (...messages: SdkMessage[]): ContentEvent[] => messages.flatMap((one) => translator.translate(one));
    const first = [...told(messageStart('m'), blockStart(TEXT), text('May')), ...translator.suspend([])];
    const second = [...translator.proceed(), ...told(text(' I'), whole('m', { type: 'text', text: 'May I' }))];
    second.push(...translator.end(true));
    expectAgUi(first, second);
    expect(contents(second)).toEqual(['May I']);
  });
});

describe('the plan', () => {
  const used = (id: string, name: string, input: object, result: unknown): SdkMessage[] => [
    whole(`m-${id}`, { type: 'tool_use', id, name, input }),
    sdk({
      ...{ type: 'user', tool_use_result: result },
      message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'done' }] },
    }),
  ];
  const created = (id: string, subject: string): SdkMessage[] =>
    used(`create-${id}`, 'TaskCreate', { subject }, { task: { id, subject } });
  const updated = (call: string, input: object, result: object): SdkMessage[] =>
    used(call, 'TaskUpdate', input, { success: true, taskId: '1', updatedFields: [], ...result });
  const STATE = /^STATE_/;
  const stateEvents = (events: ContentEvent[]): string[] => types(events).filter((type) => STATE.test(type));

  it('is told whole first, and then by its changes', () => {
    const events = translate([...created('1', 'Measure'), ...created('2', 'Cut')]);
    expect(stateEvents(events)).toEqual(['STATE_SNAPSHOT', 'STATE_DELTA']);
    expect(stateAfter(events)).toEqual({
      plan: [
        { id: '1', title: 'Measure', status: 'pending' },
        { id: '2', title: 'Cut', status: 'pending' },
      ],
    });
  });

  it('is told whole again by the next turn that changes it', () => {
    const plan = new Plan();
    const turn = (...messages: SdkMessage[]): ContentEvent[] => {
      const translator = new RunTranslator(plan);
      return messages.flatMap((message) => translator.translate(message));
    };
    turn(...created('1', 'Measure'));
    const second = turn(...updated('u', { taskId: '1' }, { statusChange: { from: 'pending', to: 'completed' } }));
    expect(second.find(({ type }) => type === 'STATE_SNAPSHOT')).toEqual({
      type: 'STATE_SNAPSHOT',
      snapshot: { plan: [{ id: '1', title: 'Measure', status: 'completed' }] },
    });
  });

  it('is told whole again by the run that goes on after a question', () => {
    const translator = new RunTranslator();
    const told = (messages: SdkMessage[]): string[] =>
      stateEvents(messages.flatMap((message) => translator.translate(message)));
    expect(told(created('1', 'Measure'))).toEqual(['STATE_SNAPSHOT']);
    translator.suspend([]);
    translator.proceed();
    expect(told(created('2', 'Cut'))).toEqual(['STATE_SNAPSHOT']);
  });

  it('loses a step that is deleted', () => {
    const change = updated('u', { taskId: '1' }, { statusChange: { from: 'pending', to: 'deleted' } });
    expect(stateAfter(translate([...created('1', 'Measure'), ...created('2', 'Cut'), ...change]))).toEqual({
      plan: [{ id: '2', title: 'Cut', status: 'pending' }],
    });
  });

  it('does not change with an update that failed, changed nothing, or is of another step', () => {
    const before = created('1', 'Measure');
    const nothing = [
      ...updated('u', { taskId: '1', subject: 'Saw' }, { success: false }),
      ...updated('v', { taskId: '1' }, {}),
      ...updated('w', { taskId: '9', subject: 'Saw' }, { taskId: '9' }),
      ...updated('x', { taskId: '1' }, { statusChange: { from: 'pending', to: 'postponed' } }),
    ];
    expect(stateEvents(translate([...before, ...nothing]))).toEqual(['STATE_SNAPSHOT']);
  });

  it('is put right by a listing, and not told again by one that says the same', () => {
    const tasks = [{ id: '3', subject: 'Paint', status: 'in_progress', blockedBy: [] }];
    const listing = (id: string): SdkMessage[] => used(id, 'TaskList', {}, { tasks });
    const events = translate([...created('1', 'Measure'), ...listing('l'), ...listing('k')]);
    expect(stateEvents(events)).toEqual(['STATE_SNAPSHOT', 'STATE_DELTA']);
    expect(stateAfter(events)).toEqual({ plan: [{ id: '3', title: 'Paint', status: 'in_progress' }] });
  });

  it('is not changed by what other tools say', () => {
    const results = [undefined, null, 'text', 7, [], { task: 'x' }, { tasks: [7, {}] }, { success: true }];
    const events = translate(results.flatMap((result, index) => used(`t${index}`, 'look', {}, result)));
    expect(stateEvents(events)).toEqual([]);
  });
});

describe('a message of the system', () => {
  it('about a retry says how long the wait is', () => {
    const retry = { attempt: 2, max_retries: 5, retry_delay_ms: 1234.5, error_status: 529, error: 'overloaded' };
    expect(translate([sdk({ type: 'system', subtype: 'api_retry', ...retry })])).toEqual([
      { type: 'CUSTOM', name: 'model.retry', value: { attempt: 2, max: 5, wait_ms: 1235 } },
    ]);
  });

  it.each([
    [
      { pre_tokens: 9000, post_tokens: 700 },
      { tokens_before: 9000, tokens_after: 700 },
    ],
    [{ pre_tokens: 9000 }, { tokens_before: 9000 }],
  ])('about a compaction says what became of the conversation: %j', (compact_metadata, value) => {
    expect(translate([sdk({ type: 'system', subtype: 'compact_boundary', compact_metadata })])).toEqual([
      { type: 'CUSTOM', name: 'context.compacted', value },
    ]);
  });

  it.each(['permission_denied', 'status', 'model_fallback', 'task_progress', 'something_new'])(
    'of kind %s tells a person nothing',
    (subtype) => {
      expect(translate([sdk({ type: 'system', subtype, message: 'no' })])).toEqual([]);
    },
  );
});
