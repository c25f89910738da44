import fc from 'fast-check';
import { RunTranslator } from '../../agent-image/src/events';
import type { ContentEvent } from '../../agent-image/src/protocol';
import { expectAgUi } from './support/ag-ui-rules';
import { interruptOf } from './support/questions';

type SdkMessage = Parameters<RunTranslator['translate']>[0];
type Step = SdkMessage | 'question';

const AGENTS = [null, 'call-a', 'call-b'] as const;
const CALLS = ['call-a', 'call-b', 'call-c'] as const;

const text = fc.string({ maxLength: 6 });
const agent = fc.constantFrom(...AGENTS);
const call = fc.constantFrom(...CALLS);

const block = fc.oneof(
  text.map((value) => ({ type: 'text', text: value })),
  text.map((value) => ({ type: 'thinking', thinking: value, signature: 's' })),
  fc.tuple(call, text).map(([id, at]) => ({ type: 'tool_use', id, name: 'look', input: { at } })),
  fc.constant({ type: 'redacted_thinking', data: 'x' }),
);
const delta = fc.oneof(
  text.map((value) => ({ type: 'text_delta', text: value })),
  text.map((value) => ({ type: 'thinking_delta', thinking: value })),
  text.map((value) => ({ type: 'input_json_delta', partial_json: value })),
);
const messageId = fc.integer({ min: 1, max: 3 });

/** Ids are the model's, so those of two conversations are never the same; the calls of sub-agents are the agent's. */
const idOf = (parent: string | null, number: number): string => `${parent ?? 'own'}-${number}`;
const owned = <Part extends object>(parent: string | null, part: Part): Part =>
  'id' in part && parent !== null ? { ...part, id: `${parent}-${String(part.id)}` } : part;

const streamed = fc
  .tuple(
    agent,
    messageId,
    fc.oneof(
      fc
        .constantFrom('message_start', 'content_block_stop', 'message_stop')
        .map((type) => ({ type, content_block: {} })),
      block.map((content_block) => ({ type: 'content_block_start', content_block })),
      delta.map((value) => ({ type: 'content_block_delta', delta: value, content_block: {} })),
    ),
  )
  .map(([parent, number, event]) => ({
    ...{ type: 'stream_event', parent_tool_use_id: parent },
    event: { ...event, content_block: owned(parent, event.content_block), message: { id: idOf(parent, number) } },
  }));

const whole = fc.tuple(agent, messageId, block, fc.constantFrom('claude', '<synthetic>')).map((parts) => {
  const [parent, number, content, model] = parts;
  return {
    type: 'assistant',
    parent_tool_use_id: parent,
    message: { id: idOf(parent, number), model, content: [owned(parent, content)] },
  };
});

const result = fc.tuple(agent, call, text, fc.boolean()).map(([parent, id, content, is_error]) => ({
  ...{ type: 'user', parent_tool_use_id: parent, tool_use_result: { task: { id, subject: content } } },
  message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content, is_error }] },
}));

/** The last is a sub-agent of a sub-agent. */
const subAgent = fc.constantFrom(...CALLS, 'call-a-call-b');

const told = fc.oneof(
  subAgent.map((id) => ({ subtype: 'task_started', tool_use_id: id, subagent_type: 'pilot', description: 'look' })),
  fc
    .tuple(subAgent, fc.constantFrom('completed', 'failed', 'stopped'))
    .map(([id, status]) => ({ subtype: 'task_notification', tool_use_id: id, status })),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: streamed.map((message) => message as unknown as SdkMessage) },
  { weight: 4, arbitrary: whole.map((message) => message as unknown as SdkMessage) },
  { weight: 2, arbitrary: result.map((message) => message as unknown as SdkMessage) },
  { weight: 2, arbitrary: told.map((message) => ({ type: 'system', ...message }) as unknown as SdkMessage) },
  { weight: 1, arbitrary: fc.constant<Step>('question') },
);

function runsOf(steps: readonly Step[], answered: boolean): ContentEvent[][] {
  const translator = new RunTranslator();
  const runs: ContentEvent[][] = [[]];
  for (const one of steps) {
    if (one === 'question') {
      runs.at(-1)?.push(...translator.suspend([interruptOf('call-c')]));
      runs.push(translator.proceed());
    } else {
      runs.at(-1)?.push(...translator.translate(one));
    }
  }
  runs.at(-1)?.push(...translator.end(answered));
  return runs;
}

describe('messages in any order, of any stream, cut by questions anywhere', () => {
  it('are told by the rules of AG-UI', () => {
    const steps = fc.array(step, { maxLength: 40 });
    fc.assert(
      fc.property(steps, fc.boolean(), (list, answered) => expectAgUi(...runsOf(list, answered))),
      { numRuns: 2_000 },
    );
  });
});
