import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalRun, type LocalRun } from '../../../bin/local/local-run';
import type { MetricSummary } from '../../../bin/local/metrics/metric-table';
import { send } from './support/signed-fetch';

const ROOT = join(__dirname, '..', '..', '..');
const SESSION = 'session-of-a-test-of-the-traced-app-0001';
const TRACE = '6720f5e1000000000000000000000abc';

let folder: string;
let run: LocalRun;
let isStopped = false;
const lines: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'local-traced-'));
  const tsx = join(ROOT, 'node_modules', '.bin', 'tsx');
  writeFileSync(
    join(folder, 'cdk.json'),
    JSON.stringify({ app: `"${tsx}" "${join(__dirname, 'support', 'traced-app.ts')}"` }),
  );
  run = await startLocalRun({
    ...{ directory: folder, state: folder, port: 0, region: 'us-east-1', model: 'scripted' },
    log: (line) => lines.push(line),
  });
}, 120_000);

afterAll(async () => {
  if (!isStopped) await run.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the numbers and the spans of a real agent are there, and the role may send them', async () => {
  const invoke = (headers: Record<string, string> = {}) =>
    send(`${run.url}/invocations`, {
      headers: { 'x-amzn-bedrock-agentcore-runtime-session-id': SESSION, ...headers },
      body: JSON.stringify({ prompt: 'MY PROMPT' }),
    });
  expect((await invoke()).status).toBe(200);
  expect((await invoke({ traceparent: `00-${TRACE}-00000000000000aa-01` })).status).toBe(200);

  const { metrics } = JSON.parse((await send(`${run.url}/metrics.json`, { method: 'GET' })).text) as {
    metrics: MetricSummary[];
  };
  const of = (name: string) => metrics.filter(({ metricName }) => metricName === name);
  expect(of('Sessions')).toMatchObject([
    { namespace: 'Shop/Agents', count: 1, sum: 1, dimensions: { Agent: 'traced' } },
  ]);
  expect(of('Turns')).toMatchObject([
    { count: 2 },
    { count: 2, dimensions: { Agent: 'traced', Model: expect.any(String) } },
  ]);
  expect(of('TurnLatency')[0]?.p95).toBeGreaterThan(0);
  expect((await send(`${run.url}/metrics`, { method: 'GET' })).text).toContain('<caption>Shop/Agents</caption>');

  isStopped = true;
  const summary = await run.stop();
  const file = join(folder, 'spans.jsonl');
  const spans = readFileSync(file, 'utf8');
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(lines).toContain(`spans of the agents are kept in ${file}`);
  expect(spans).toContain('"name":"invoke_agent traced"');
  expect(spans).toContain(`"traceId":"${TRACE}"`);
  expect(spans).not.toContain('MY PROMPT');
  // Both permissions were needed and granted.
  expect(summary.join('\n')).not.toContain('xray');
  expect(lines.filter((line) => /xray/.test(line))).toEqual([]);
}, 120_000);
