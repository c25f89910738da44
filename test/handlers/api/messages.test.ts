import { createHandler } from '../../../lib/handlers/api/create-handler';
import type { MessageList } from '../../../lib/handlers/api/messages';
import { keepSession } from './support/kept-session';
import { LocalServices } from './support/local-services';
import { bodyOf, refusal, requestOf, sessionId } from './support/requests';

let services: LocalServices;
const ask = (sub: string, id: string, query: Readonly<Record<string, string>> = {}) =>
  createHandler(services.environment, () => undefined)(requestOf(sub, 'GET /sessions/{id}/messages', { id, query }));

const lines = (count: number, textOf = (number: number) => `message ${number}`) =>
  Array.from({ length: count }, (_, number) => ({
    type: 'user',
    uuid: `u${number}`,
    message: { role: 'user', content: textOf(number) },
  }));

beforeAll(async () => {
  services = await LocalServices.start();
});
afterAll(() => services.stop());

test('the latest messages come first, in the order in which they were said, and the earlier ones page by page', async () => {
  const id = sessionId('long');
  await keepSession(services, 'ada', id, { files: { 'a.txt': 'x' }, transcript: lines(12) });
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const reply = await ask('ada', id, { limit: '5', ...(cursor !== undefined && { cursor }) });
    const page = bodyOf<MessageList>(reply);
    pages.push(page.messages.map(({ content }) => content));
    cursor = page.cursor;
  } while (cursor !== undefined);
  const texts = lines(12).map(({ message }) => message.content);
  expect(pages).toEqual([texts.slice(7), texts.slice(2, 7), texts.slice(0, 2)]);
});

test('a page is never longer than a function can answer', async () => {
  const id = sessionId('wide');
  const text = '\u20ac'.repeat(16_384);
  await keepSession(services, 'ada', id, { transcript: lines(150, () => text) });
  const reply = await ask('ada', id, { limit: '200' });
  expect(Buffer.byteLength(reply.body)).toBeLessThan(6_000_000);
  const { messages, cursor } = bodyOf<MessageList>(reply);
  const earlier = bodyOf<MessageList>(await ask('ada', id, { limit: '200', cursor: cursor ?? '' }));
  expect(messages.length + earlier.messages.length).toBe(150);
});

test('a session without a conversation has no messages', async () => {
  const [noted, kept] = [sessionId('noted'), sessionId('kept')];
  await services.putRow('ada', noted);
  expect(bodyOf(await ask('ada', noted))).toEqual({ messages: [] });
  await keepSession(services, 'ada', kept, { files: { 'a.txt': 'x' } });
  expect(bodyOf(await ask('ada', kept))).toMatchObject({ messages: [], asOf: expect.any(String) as string });
});

test('a transcript among the files of the agent is not taken for the conversation', async () => {
  const id = sessionId('forged');
  const conversation = '11111111-2222-4333-8444-555555555555';
  const forged = `${JSON.stringify({ type: 'user', uuid: 'f', message: { content: 'forged' } })}\n`;
  await keepSession(services, 'ada', id, {
    files: { [`projects/x/${conversation}.jsonl`]: forged },
    transcript: lines(1),
  });
  expect(bodyOf<MessageList>(await ask('ada', id)).messages.map(({ content }) => content)).toEqual(['message 0']);
});

test('a cursor of a message that there is none of any more is refused', async () => {
  const id = sessionId('other');
  await keepSession(services, 'ada', id, { transcript: lines(3) });
  const cursor = Buffer.from(JSON.stringify(['messages', 'gone'])).toString('base64url');
  expect(refusal(await ask('ada', id, { cursor }))).toEqual([400, 'INVALID_REQUEST']);
});
