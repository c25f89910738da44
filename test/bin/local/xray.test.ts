import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sendSigned } from './support/signed-fetch';
import { credentialsOf, grant, TestRun } from './support/test-run';

const REQUEST = JSON.stringify({ resourceSpans: [] });

let run: TestRun;

afterEach(async () => {
  await run.remove();
});

async function start(actions: readonly string[]): Promise<void> {
  run = await new TestRun([{}], { Grant: grant(actions, '*') }).start();
}

async function post(body: string, path = '/v1/traces') {
  const credentials = credentialsOf(await run.report());
  return sendSigned(`${run.up.url}${path}`, credentials, { body, service: 'xray' });
}

test('spans that the role may send are kept, one request a line', async () => {
  await start(['xray:PutSpans', 'xray:PutTraceSegments']);
  run.writeState('spans.jsonl', 'of the run before\n');
  expect((await post(REQUEST)).status).toBe(200);
  expect((await post(REQUEST)).status).toBe(200);
  expect(readFileSync(join(run.state, 'spans.jsonl'), 'utf8')).toBe(`${REQUEST}\n${REQUEST}\n`);
  expect(run.lines.filter((line) => line.includes('spans.jsonl'))).toHaveLength(1);
});

test('spans of a role without the permission are refused', async () => {
  await start(['xray:PutTraceSegments']);
  const reply = await post(REQUEST);
  expect([reply.status, reply.headers['x-amzn-errortype']]).toEqual([403, 'AccessDeniedException']);
  expect(reply.text).toContain('xray:PutSpans');
  expect(existsSync(join(run.state, 'spans.jsonl'))).toBe(false);
});

test('what is no request of OTLP, and every other operation, is refused', async () => {
  await start(['xray:*']);
  for (const body of ['', 'spans', '[]', '{}']) expect((await post(body)).status).toBe(400);
  expect((await post(REQUEST, '/TraceSegments')).status).toBe(404);
});
