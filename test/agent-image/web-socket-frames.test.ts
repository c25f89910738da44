import type { AgentEvent, SocketFrame } from '../../agent-image/src/protocol';
import { framesOf } from '../../agent-image/src/web-socket-frames';

const text = (delta: string, messageId = 'm'): AgentEvent => ({ type: 'TEXT_MESSAGE_CONTENT', messageId, delta });

function frames(...events: AgentEvent[]): SocketFrame[] {
  return framesOf(events.map((event, index) => ({ seq: index + 1, run: 1, json: JSON.stringify(event) })));
}

it('sends each event with its number', () => {
  const start: AgentEvent = { type: 'TEXT_MESSAGE_START', messageId: 'm', role: 'assistant' };

  expect(frames(start, text('a'))).toEqual([
    { seq: 1, event: start },
    { seq: 2, event: text('a') },
  ]);
});

it('joins pieces of one text that follow each other, under the number of the last', () => {
  expect(frames(text('a'), text('b'), text('c'))).toEqual([{ seq: 3, event: text('abc') }]);
});

it('does not join pieces of two texts, nor across another event', () => {
  const end: AgentEvent = { type: 'TEXT_MESSAGE_END', messageId: 'm' };

  expect(frames(text('a'), text('b', 'n'), text('c', 'n'), end, text('d'))).toEqual([
    { seq: 1, event: text('a') },
    { seq: 3, event: text('bc', 'n') },
    { seq: 4, event: end },
    { seq: 5, event: text('d') },
  ]);
});

it.each(['x', 'é', '漢', '\u0001', '😀'])(
  'keeps every frame of a long event of %j below 64 KB, and loses nothing',
  (character) => {
    const event: AgentEvent = {
      type: 'TOOL_CALL_RESULT',
      messageId: 'm',
      toolCallId: 't',
      role: 'tool',
      content: character.repeat(65_536 / character.length),
    };
    const sent = frames(event).map((frame) => JSON.stringify(frame));

    expect(Math.max(...sent.map((frame) => Buffer.byteLength(frame)))).toBeLessThan(65_536);
    const parts = sent.map((frame) => JSON.parse(frame) as { part: number; of: number; json: string; seq: number });
    expect(parts.map(({ part }) => part)).toEqual(parts.map((_, index) => index + 1));
    expect(new Set(parts.map(({ seq, of }) => `${seq} ${of}`))).toEqual(new Set([`1 ${parts.length}`]));
    expect(JSON.parse(parts.map(({ json }) => json).join(''))).toEqual(event);
  },
);

it('keeps joined texts below 64 KB too', () => {
  const sent = frames(...Array.from({ length: 3000 }, () => text('漢漢漢漢漢漢漢漢漢漢')));

  expect(Math.max(...sent.map((frame) => Buffer.byteLength(JSON.stringify(frame))))).toBeLessThan(65_536);
  expect(sent.length).toBeLessThan(10);
});
