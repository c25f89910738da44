import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, Stack } from 'aws-cdk-lib';
import { ClaudeAgentStack } from '../../../bin/app/claude-agent-stack';
import { readArguments } from '../../../bin/dashboard-preview/arguments';
import { lineChart, shortNumber } from '../../../bin/dashboard-preview/chart';
import { takePicture } from '../../../bin/dashboard-preview/chromium';
import { markdownHtml } from '../../../bin/dashboard-preview/markup';
import { previewPage } from '../../../bin/dashboard-preview/page';
import { readLogs, readPreviewedApp } from '../../../bin/dashboard-preview/sources';
import { AgentAlarms } from '../../../lib/observability/agent-alarms';
import { AgentDashboard } from '../../../lib/observability/agent-dashboard';
import { observed } from '../../observability/dashboard-fixture';

const run = promisify(execFile);
const ROOT = join(__dirname, '../../..');

let now = Date.UTC(2026, 10, 21, 9, 30);

/** A line as agents write it, one second after the one before. */
function line(values: Record<string, number>, dimensions: Record<string, string> = {}, agent = 'support'): string {
  now += 1000;
  const sets = [['Agent'], ...(Object.keys(dimensions).length === 0 ? [] : [['Agent', ...Object.keys(dimensions)]])];
  const metrics = Object.keys(values).map((name) => ({ Name: name, Unit: 'None' }));
  return JSON.stringify({
    _aws: { Timestamp: now, CloudWatchMetrics: [{ Namespace: 'ClaudeAgents', Dimensions: sets, Metrics: metrics }] },
    ...{ Agent: agent, ...dimensions, ...values },
  });
}

let folder: string;
let assembly: string;
let logs: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dashboard-preview-'));
  assembly = join(folder, 'cdk.out');
  const app = new App({ outdir: assembly });
  const { stack, agent, things } = observed(new Stack(app, 'Test'), { runtimeName: 'support' });
  new AgentDashboard(stack, 'Dashboard', { agents: [agent], ...things });
  new AgentAlarms(stack, 'Alarms', { agent, hourlyCostUsd: 5 });
  app.synth();

  logs = join(folder, 'logs');
  mkdirSync(logs);
  const run = { Turns: 2, TurnLatency: 1500, Cost: 0.25 };
  const model = { Model: 'global.anthropic.claude-sonnet-5-5' };
  const lines = [
    ...['{"level":"info","message":"listening"}', 'not a line of the agent'],
    ...Array.from({ length: 24 }, () => line(run, model)),
    line({ Errors: 1 }, { Code: 'MODEL_THROTTLED' }),
    line({ ToolCalls: 1 }, { Tool: 'Read', Result: 'success' }),
    line({ ToolCalls: 1 }, { Tool: 'mcp__<b>', Result: 'denied' }),
    line({ FlushFailures: 1 }),
  ];
  writeFileSync(join(logs, 'session.log'), lines.join('\n'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** The page, and the part of it that is a widget. */
function page() {
  const app = readPreviewedApp(assembly);
  const drawn = previewPage(app, readLogs(logs, app));
  return {
    ...drawn,
    widget: (title: string) =>
      drawn.html.split(/<div class="(?=metric|log|text)/).find((part) => part.includes(`<h3>${title}</h3>`)) ??
      `there is no ${title}`,
  };
}

test('the dashboard of the sample can be read, with all that only a deployment makes stood in for', () => {
  const outdir = join(folder, 'sample');
  const app = new App({ outdir, context: { 'aws:cdk:bundling-stacks': [] } });
  new ClaudeAgentStack(app, 'ClaudeAgentStack');
  app.synth();
  const { dashboards, alarms } = readPreviewedApp(outdir);
  expect(dashboards).toHaveLength(1);
  expect(alarms.length).toBeGreaterThan(5);
});

test('every widget of the dashboard is drawn at its place', () => {
  const [body] = readPreviewedApp(assembly).dashboards;
  const { html } = page();
  for (const { x, y, width, height } of body?.widgets ?? []) {
    expect(html).toContain(`grid-column:${x + 1} / span ${width};grid-row:${y + 1} / span ${height}`);
  }
});

test('graphs of the agent have lines, and those of services say why they have none', () => {
  const { widget, graphs, graphsWithData } = page();
  expect(widget('Turn latency')).toMatch(/<polyline points="[\d., ]+"/);
  expect(widget('Turn latency')).toContain('p95');
  expect(widget('Errors by code')).toContain('MODEL_THROTTLED');
  expect(widget('Requests')).toContain('no data on this machine');
  expect(graphsWithData).toBeGreaterThan(8);
  expect(graphs).toBeGreaterThan(graphsWithData);
});

test('figures are of the whole time', () => {
  expect(page().widget('In this time')).toContain('<strong>48</strong>Turns');
  expect(page().widget('In this time')).toContain('<strong>6</strong>US dollars');
});

test('alarms say what the same samples make of them', () => {
  const { html } = page();
  expect(html).toMatch(/<li class="ALARM"[^>]*><b>AlarmsHourlyCost<\/b>/);
  expect(html).toMatch(/<li class="OK"[^>]*><b>AlarmsFlushFailures<\/b>/);
});

test('what the log has cannot become a part of the page', () => {
  const { html } = page();
  expect(html).toContain('mcp__&lt;b&gt; denied');
  expect(html).not.toContain('mcp__<b>');
  expect(markdownHtml('## A <i>\nb **c** `d`')).toBe('<h2>A &lt;i&gt;</h2><p>b <strong>c</strong> <code>d</code></p>');
});

test('lines that are stacked end above each other', () => {
  const series = new Map([[0, 2]]);
  const chart = lineChart(
    [
      { label: 'a', series },
      { label: 'b', series },
    ],
    {
      ...{ span: { begin: 0, end: 1000 }, width: 400 },
      stacked: true,
    },
  );
  const heights = [...chart.matchAll(/<circle cx="[\d.]+" cy="([\d.]+)"/g)].map(([, y]) => Number(y));
  expect(heights).toHaveLength(2);
  expect(heights[0]).toBeLessThan(heights[1] ?? 0);
});

test.each([
  [0, '0'],
  [0.0123, '0.0123'],
  [1.234, '1.23'],
  [1200, '1.2k'],
  [25_000_000, '25M'],
])('%d is written %s', (value, text) => {
  expect(shortNumber(value)).toBe(text);
});

describe('the command', () => {
  const preview = (...args: string[]) =>
    run(process.execPath, ['--import', 'tsx', join(ROOT, 'bin/dashboard-preview.ts'), ...args], {
      cwd: ROOT,
      env: { PATH: '', HOME: folder },
    });

  test('writes the page, and says what it has', async () => {
    const output = join(folder, 'made', 'dashboard.html');
    const { stdout, stderr } = await preview('--assembly', assembly, '--logs', logs, '--output', output);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/dashboard\.html: \d+ of \d+ graphs have data/);
    expect(stdout).toContain('no picture: there is no Chromium');
    expect(readFileSync(output, 'utf8')).toContain('support: Health');
  });

  test.each([
    [['--assembly', 'nowhere'], /^there is no cloud assembly in .*nowhere; run/],
    [['--logs', 'nowhere'], /^there are no logs at .*nowhere; run/],
    [['--output', 'picture.png'], /^--output is "picture\.png"; expected a file that ends in \.html/],
    [['--colour'], /Unknown option '--colour'/],
  ])('fails with %j, in a sentence', async (args, message) => {
    await expect(preview('--assembly', assembly, ...args)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(message),
    });
  });

  test('fails with the logs of another agent, and says whose they are', () => {
    const other = join(folder, 'other.log');
    writeFileSync(other, line({ Turns: 1 }, {}, 'another'));
    expect(() => readLogs(other, readPreviewedApp(assembly))).toThrow(
      /^the dashboards ask for metrics of support, and the logs at .*other\.log have those of another; talk to the agent/,
    );
  });

  test('looks where the local run writes', () => {
    expect(readArguments([], '/app')).toEqual({
      assembly: '/app/.local/cdk.out',
      logs: '/app/.local/logs',
      output: '/app/.local/dashboard.html',
    });
    expect(readArguments(['--help'], '/app')).toBeUndefined();
  });
});

describe('the picture', () => {
  const browser = (script: string): string => {
    const path = join(folder, 'chromium');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const html = () => join(folder, 'page.html');

  test('is made by the first Chromium on the path, of the whole page', async () => {
    browser('for a in "$@"; do case $a in --screenshot=*) echo "$@" > "${a#--screenshot=}";; esac; done');
    const picture = await takePicture(html(), 4321, { PATH: `/nowhere:${folder}` });
    expect(picture).toBe(join(folder, 'page.png'));
    expect(readFileSync(join(folder, 'page.png'), 'utf8')).toMatch(/--headless .*--window-size=1600,4321 .*page\.html/);
    rmSync(join(folder, 'page.png'));
  });

  test('is missed where a browser makes none', async () => {
    const CHROMIUM = browser('exit 0');
    await expect(takePicture(html(), 100, { CHROMIUM })).rejects.toThrow('ended without making');
    await expect(takePicture(html(), 100, { CHROMIUM: join(folder, 'none') })).rejects.toThrow('which is no program');
    expect(existsSync(join(folder, 'page.png'))).toBe(false);
  });

  test('is not made without a Chromium', async () => {
    expect(await takePicture(html(), 100, { PATH: '/nowhere' })).toBeUndefined();
  });
});
