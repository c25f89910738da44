import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContentEvent } from '../../agent-image/src/protocol';
import { expectAgUi, stateAfter } from './support/ag-ui-rules';
import { type GoldenTurn, translateTurn } from './support/golden-turn';

const DIRECTORY = join(__dirname, 'golden');
const NAMES = readdirSync(DIRECTORY).map((file) => file.replace(/\.json$/, ''));

const golden = (name: string): GoldenTurn =>
  JSON.parse(readFileSync(join(DIRECTORY, `${name}.json`), 'utf8')) as GoldenTurn;
const eventsOf = (name: string): ContentEvent[][] => translateTurn(golden(name));

/** What is left to read: the text by message, without what was retracted. `subAgent` undefined: of the agent itself. */
function texts(runs: ContentEvent[][], subAgent?: string): string[] {
  const messages = new Map<string, string>();
  for (const event of runs.flat()) {
    if (event.type === 'TEXT_MESSAGE_CONTENT' && event.subagentRunId === subAgent) {
      messages.set(event.messageId, (messages.get(event.messageId) ?? '') + event.delta);
    } else if (event.type === 'CUSTOM' && event.name === 'message.retracted' && 'messageId' in event.value) {
      messages.delete(event.value.messageId);
    }
  }
  return [...messages.values()];
}

const ofType = <Type extends ContentEvent['type']>(
  runs: ContentEvent[][],
  type: Type,
): Extract<ContentEvent, { type: Type }>[] =>
  runs.flat().filter((event): event is Extract<ContentEvent, { type: Type }> => event.type === type);

describe('a recorded turn', () => {
  it.each(NAMES)('%s is translated as it was', (name) => {
    const turn = golden(name);
    expect(translateTurn(turn)).toEqual(turn.events);
  });

  it.each(NAMES)('%s is told by the rules of AG-UI', (name) => {
    expectAgUi(...eventsOf(name));
  });
});

describe('what a recorded turn tells', () => {
  it.each([
    ['text', ['High water is at nine.']],
    ['thinking', ['At nine.']],
    ['tool', ['I look.', 'It is there.']],
    ['fault-then-same-text', ['Half of the answer']],
    ['fault-then-other-text', ['Another answer']],
    ['retry-before-answer', ['Now.']],
    ['interrupted', ['Once upon ']],
    ['sub-agents', ['I ask twice.', 'Both say nine.']],
    ['question', ['May I?', 'Thanks.']],
  ])('leaves the text of %s once', (name, expected) => {
    expect(texts(eventsOf(name))).toEqual(expected);
  });

  it('says when the model is called again', () => {
    const value = { attempt: 1, max: 2, wait_ms: expect.any(Number) as number };
    expect(ofType(eventsOf('retry-before-answer'), 'CUSTOM')).toEqual([{ type: 'CUSTOM', name: 'model.retry', value }]);
  });

  it('has both results of tools that ran in parallel, the failure marked', () => {
    const results = ofType(eventsOf('parallel-tools'), 'TOOL_CALL_RESULT');
    expect(results.map(({ content, metadata }) => [content, metadata])).toEqual(
      expect.arrayContaining([
        ['A boat.\n[image]', undefined],
        ['There is fog.', { is_error: true }],
      ]),
    );
  });

  it('keeps what two sub-agents say at the same time apart', () => {
    const runs = eventsOf('sub-agents');
    const started = ofType(runs, 'SUBAGENT_STARTED');
    expect(started.map(({ description }) => description)).toEqual(['check the tide', 'check it again']);
    for (const { subagentRunId, parentToolCallId } of started) {
      expect(texts(runs, subagentRunId).at(-1)).toBe('High water is at nine.');
      expect(ofType(runs, 'TOOL_CALL_START').map(({ toolCallId }) => toolCallId)).toContain(parentToolCallId);
    }
    expect(ofType(runs, 'SUBAGENT_FINISHED').map(({ outcome }) => outcome.type)).toEqual(['success', 'success']);
  });

  it('says that a sub-agent failed, without what the model service said', () => {
    const [error] = ofType(eventsOf('sub-agent-fault'), 'SUBAGENT_ERROR');
    expect(error?.message).toBe('The sub-agent could not finish its work.');
  });

  it('says that a sub-agent was stopped with its turn', () => {
    const [error] = ofType(eventsOf('interrupted-sub-agent'), 'SUBAGENT_ERROR');
    expect(error?.message).toBe('The sub-agent was stopped.');
  });

  it('has the plan as the agent left it', () => {
    const runs = eventsOf('plan');
    expect(ofType(runs, 'STATE_SNAPSHOT')).toHaveLength(1);
    expect(stateAfter(...runs)).toEqual({ plan: [{ id: '1', title: 'Measure twice', status: 'completed' }] });
  });

  it('is cut into runs by questions, and the result of the tool belongs to the run that goes on', () => {
    const [asking = [], going = []] = eventsOf('question');
    expect(ofType([asking], 'TOOL_CALL_END')).toHaveLength(1);
    expect(ofType([asking], 'TOOL_CALL_RESULT')).toEqual([]);
    expect(ofType([going], 'TOOL_CALL_RESULT')).toHaveLength(1);
  });

  it('suspends a sub-agent that asks, and begins it again in the next run', () => {
    const runs = eventsOf('sub-agent-question');
    expect(runs.length).toBeGreaterThan(1);
    for (const [index, run] of runs.entries()) {
      const isLast = index === runs.length - 1;
      expect(ofType([run], 'SUBAGENT_STARTED')).toHaveLength(1);
      const outcome = isLast
        ? { type: 'success' }
        : { type: 'suspended', interruptIds: [`question-${golden('sub-agent-question').asked[index]}`] };
      expect(ofType([run], 'SUBAGENT_FINISHED')).toEqual([expect.objectContaining({ outcome })]);
    }
  });

  it.each(NAMES)('%s names no file of the container beside an image', (name) => {
    expect(JSON.stringify(ofType(eventsOf(name), 'TOOL_CALL_RESULT'))).not.toContain('[Image: source');
  });
});
