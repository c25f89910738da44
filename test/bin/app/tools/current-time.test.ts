import { handler } from '../../../../bin/app/tools/current-time';
import { call, failure } from './tool-call';

const ask = (input: unknown): Promise<unknown> => call(handler, 'get_current_time', input);

beforeEach(() => {
  jest.useFakeTimers({ now: new Date('2026-03-01T23:30:00Z') });
});

afterEach(() => {
  jest.useRealTimers();
});

test.each([
  ['UTC', '2026-03-01 23:30:00', 'Sunday'],
  ['Asia/Tokyo', '2026-03-02 08:30:00', 'Monday'],
  ['America/St_Johns', '2026-03-01 20:00:00', 'Sunday'],
])('the time in %s is that of its clocks', async (time_zone, local_time, weekday) => {
  expect(await ask({ time_zone })).toEqual({ time_zone, local_time, weekday, utc: '2026-03-01T23:30:00.000Z' });
});

test.each(['Berlin', '', 'Mars/Olympus'])('%p is no time zone, and the answer says what is one', async (time_zone) => {
  expect(await ask({ time_zone })).toEqual(failure(/is no time zone; give one of the IANA database/));
});

test.each([{}, { time_zone: 1 }, null, 'UTC'])('the input %j is not valid', async (input) => {
  expect(await ask(input)).toEqual(failure(/^the input is not valid: /));
});
