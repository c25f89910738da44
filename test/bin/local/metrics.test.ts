import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentMetricLog } from '../../../bin/local/metrics/agent-metric-log';
import { metricsContent } from '../../../bin/local/metrics/metrics-page';
import type { MetricSummary } from '../../../bin/local/metrics/metric-table';
import { send } from './support/signed-fetch';
import { TestRun } from './support/test-run';

let directory: string;
let logs: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'metrics-'));
  logs = join(directory, 'logs');
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** A line of an agent: a value of a metric, by agent and by tool. */
function line(value: number, tool = 'Read', name = 'ToolLatency'): string {
  const directive = {
    ...{ Namespace: 'ClaudeAgents', Dimensions: [['Agent'], ['Agent', 'Tool']] },
    Metrics: [{ Name: name, Unit: 'Milliseconds' }],
  };
  const _aws = { Timestamp: 1_795_264_000_000, CloudWatchMetrics: [directive] };
  return `${JSON.stringify({ session_id: 'secret-session', _aws, Agent: 'pilot', Tool: tool, [name]: value })}\n`;
}

function write(file: string, text: string): void {
  mkdirSync(logs, { recursive: true });
  appendFileSync(join(logs, file), text);
}

const short = ({ metricName, dimensions, count, sum, p50, p95, p99, latest }: MetricSummary): string =>
  [metricName, ...Object.values(dimensions), count, sum, p50, p95, p99, latest].join(' ');

describe('the numbers of the logs', () => {
  it('are summed up by metric and dimension set', () => {
    const log = new AgentMetricLog(logs);
    expect(log.summaries()).toEqual([]);
    for (let value = 1; value <= 100; value += 1) write(`${value % 2}.log`, line(value));
    write('0.log', `not JSON "_aws"\n{"level":"info"}\n${line(7, 'Write')}`);
    expect(log.summaries().map(short)).toEqual([
      'ToolLatency pilot 101 5057 50 95 99 99',
      'ToolLatency pilot Read 100 5050 50 95 99 99',
      'ToolLatency pilot Write 1 7 7 7 7 7',
    ]);
  });

  it('are those from the start of the run on, and each is counted once', () => {
    write('a.log', line(1));
    const log = new AgentMetricLog(logs);
    write('a.log', line(2));
    write('b.log', line(3));
    expect(log.summaries().map(short)[0]).toBe('ToolLatency pilot 2 5 2 3 3 3');
    expect(log.summaries().map(short)[0]).toBe('ToolLatency pilot 2 5 2 3 3 3');
  });

  it('wait for the end of a line, and are not stopped by a line that is endless', () => {
    const log = new AgentMetricLog(logs);
    const text = line(5);
    write('a.log', text.slice(0, 40));
    expect(log.summaries()).toEqual([]);
    write('a.log', text.slice(40));
    write('a.log', `${'x'.repeat(9 * 1024 * 1024)}\n${line(6)}`);
    expect(log.summaries().map(short)[0]).toBe('ToolLatency pilot 2 11 5 6 6 6');
  });

  it('are those of the sessions of agents, and not of functions that lie beside them', () => {
    const log = new AgentMetricLog(logs);
    write('function-orders.log', line(1));
    write('a.log', line(2));
    expect(log.summaries().map(short)).toEqual(['ToolLatency pilot 1 2 2 2 2 2', 'ToolLatency pilot Read 1 2 2 2 2 2']);
  });

  it('are there beside lines that are broken, and after them', () => {
    const log = new AgentMetricLog(logs);
    const directive = { Namespace: 'ClaudeAgents', Metrics: [{ Name: 'Turns' }] };
    write('a.log', `${JSON.stringify({ _aws: { Timestamp: 1, CloudWatchMetrics: [directive] }, Turns: 1 })}\n`);
    write('a.log', line(2));
    expect(log.summaries().map(short)).toHaveLength(2);
    write('b.log', line(3));
    expect(log.summaries().map(short)[0]).toBe('ToolLatency pilot 2 5 2 3 3 3');
  });

  it('have percentiles of the newest 10,000 values, and count all', () => {
    const log = new AgentMetricLog(logs);
    write('a.log', line(1).repeat(200) + line(9).repeat(10_000));
    expect(log.summaries().map(short)[0]).toBe('ToolLatency pilot 10200 90200 9 9 9 9');
  });
});

test('the page is a table that cannot be broken by a name', () => {
  const log = new AgentMetricLog(logs);
  write('a.log', line(0.123456789, '<script>alert(1)</script>'));
  const content = metricsContent(log.summaries());
  expect(content).toContain('<caption>ClaudeAgents</caption>');
  expect(content).toContain('<th scope="row">ToolLatency (ms)</th>');
  expect(content).toContain('<td>0.123457</td>');
  expect(content).not.toContain('<script>');
  expect(content).not.toContain('secret-session');
});

describe('a local run', () => {
  let run: TestRun;
  beforeAll(async () => {
    run = await new TestRun().start();
  });
  afterAll(async () => {
    await run.remove();
  });

  const get = (path: string, init: Parameters<typeof send>[1] = {}) =>
    send(`${run.up.url}${path}`, { method: 'GET', ...init });

  it('has a page that loads nothing, runs nothing and can be put into no other', async () => {
    const page = await get('/metrics');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-.*frame-ancestors 'none'$/,
    );
    expect(page.headers.refresh).toBe('5');
    expect(page.headers['access-control-allow-origin']).toBeUndefined();
    expect(page.text).toContain('Nothing yet');
  });

  it('has the same for programs, of what its agents wrote', async () => {
    expect(JSON.parse((await get('/metrics.json')).text)).toEqual({ metrics: [] });
    mkdirSync(join(run.state, 'logs'), { recursive: true });
    writeFileSync(join(run.state, 'logs', 'one.log'), line(3));
    expect(JSON.parse((await get('/metrics.json?x')).text)).toMatchObject({
      metrics: [
        { namespace: 'ClaudeAgents', metricName: 'ToolLatency', unit: 'Milliseconds', dimensions: { Agent: 'pilot' } },
        { dimensions: { Agent: 'pilot', Tool: 'Read' }, count: 1, latest: 3 },
      ],
    });
    expect((await get('/metrics')).text).toContain('Tool Read');
  });

  it('takes no other method and no foreign host', async () => {
    const posted = await get('/metrics', { method: 'POST', body: '{}' });
    expect([posted.status, posted.headers.allow]).toEqual([405, 'GET']);
    expect((await get('/metrics', { headers: { host: 'evil.example' } })).status).toBe(403);
    expect((await get('/metrics-of-others')).status).toBe(404);
  });
});
