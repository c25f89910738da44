import { EventLog, type LoggedEvent } from '../../agent-image/src/event-log';
import type { AgentEvent } from '../../agent-image/src/protocol';

const delta = (text: string): AgentEvent => ({ type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: text });
const numbers = (events: readonly LoggedEvent[]): number[] => events.map(({ seq }) => seq);

async function read(log: EventLog, after: number, ended: Promise<unknown>): Promise<number[]> {
  const all: number[] = [];
  for await (const events of log.follow(after, ended)) {
    all.push(...numbers(events));
  }
  return all;
}

function logOf(count: number, kept?: { events: number; characters: number }): EventLog {
  const log = new EventLog(0, kept);
  for (let seq = 1; seq <= count; seq += 1) {
    log.append(1, delta(String(seq)));
  }
  return log;
}

it('numbers events from one', () => {
  const log = logOf(3);

  expect(log.last).toBe(3);
  expect(numbers(log.after(0))).toEqual([1, 2, 3]);
  expect(numbers(log.after(2))).toEqual([3]);
  expect(log.after(3)).toEqual([]);
});

it('goes on after the numbers of a container before', () => {
  const log = new EventLog(500);
  log.append(1, delta('a'));

  expect(numbers(log.after(0))).toEqual([501]);
});

it('gives a reader what there is and what comes, without gap or repeat', async () => {
  const log = logOf(2);
  let end = (): void => undefined;
  const reading = read(log, 1, new Promise<void>((resolve) => (end = resolve)));
  await Promise.resolve();
  log.append(1, delta('3'));
  await new Promise(setImmediate);
  log.append(1, delta('4'));
  log.append(1, delta('5'));
  end();

  expect(await reading).toEqual([2, 3, 4, 5]);
});

it('gives the last events to a reader when the end is known before they are read', async () => {
  expect(await read(logOf(3), 0, Promise.resolve())).toEqual([1, 2, 3]);
});

it('serves readers who are at different places', async () => {
  const log = logOf(4);

  expect(await Promise.all([read(log, 0, Promise.resolve()), read(log, 3, Promise.resolve())])).toEqual([
    [1, 2, 3, 4],
    [4],
  ]);
});

it('keeps no more events than it may', () => {
  const log = logOf(100, { events: 10, characters: 1e6 });

  expect(log.after(0).length).toBeLessThanOrEqual(10);
  expect(log.last).toBe(100);
  expect(numbers(log.after(0)).at(-1)).toBe(100);
});

it('keeps no more text than it may, and always the last event', () => {
  const log = logOf(100, { events: 1000, characters: 300 });

  expect(log.after(0).reduce((sum, { json }) => sum + json.length, 0)).toBeLessThanOrEqual(300);
  expect(numbers(log.after(99))).toEqual([100]);
});

it('refuses to go on from events that are gone, and says from where it can', () => {
  const log = logOf(100, { events: 10, characters: 1e6 });
  const first = log.after(0)[0]?.seq ?? 0;

  expect(() => log.assertKept(first - 2)).toThrow(`attach after ${first - 1}, or after 0 for all there are`);
  expect(() => log.assertKept(first - 1)).not.toThrow();
  expect(() => log.assertKept(0)).not.toThrow();
});

it('refuses to go on from events that have not been', () => {
  expect(() => logOf(3).assertKept(4)).toThrow('There is no event 4 yet: the last one of this session is 3.');
});

it('tells a reader who has fallen behind what is kept, instead of leaving a gap', async () => {
  const log = logOf(5, { events: 10, characters: 1e6 });
  let end = (): void => undefined;
  const follow = log.follow(1, new Promise<void>((resolve) => (end = resolve)));
  expect(numbers((await follow.next()).value ?? [])).toEqual([2, 3, 4, 5]);
  for (let seq = 6; seq <= 40; seq += 1) {
    log.append(1, delta(String(seq)));
  }

  await expect(follow.next()).rejects.toMatchObject({ code: 'EVENTS_GONE' });
  end();
});
