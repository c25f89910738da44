import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, Stack, Stage } from 'aws-cdk-lib';
import { ClaudeAgentStack } from '../../../bin/app/claude-agent-stack';
import { readArguments } from '../../../bin/dashboard-preview/arguments';
import { lineChart, shortNumber } from '../../../bin/dashboard-preview/chart';
import { takePicture } from '../../../bin/dashboard-preview/chromium';
import { logTable } from '../../../bin/dashboard-preview/log-table';
import { markdownHtml } from '../../../bin/dashboard-preview/markup';
import { previewPage } from '../../../bin/dashboard-preview/page';
import { readPreviewedApp } from '../../../bin/dashboard-preview/sources';
import { readWrittenLog } from '../../../bin/dashboard-preview/written-log';
import { AgentRuntime } from '../../../lib';
import { AgentAlarms } from '../../../lib/observability/agent-alarms';
import { AgentDashboard } from '../../../lib/observability/agent-dashboard';
import { MetricData } from '../../../lib/testing';
import { observed } from '../../observability/dashboard-fixture';
import { testImage } from '../../support/stack';

const run = promisify(execFile);
const ROOT = join(__dirname, '../../..');

const BEGIN = Date.UTC(2026, 10, 21, 9, 30);
const SINCE = new Date(BEGIN).toISOString();

let now = BEGIN;

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
  new AgentAlarms(stack, 'Alarms', { agent, agentMetrics: true, hourlyCostUsd: 5 });
  app.synth();

  logs = join(folder, 'logs');
  mkdirSync(logs);
  const run = { Turns: 2, TurnLatency: 1500, Cost: 0.25 };
  const model = { Model: 'global.anthropic.claude-sonnet-5-5' };
  const lines = [
    ...['{"level":"info","message":"listening"}', 'not a line of the agent', '{"_aws":{"Timestamp":0}}'],
    // What another run has left.
    line({ Errors: 1 }, { Code: 'OF_ANOTHER_RUN' }).replace(/"Timestamp":\d+/, `"Timestamp":${String(BEGIN - 1)}`),
    ...Array.from({ length: 24 }, () => line(run, model)),
    line({ Errors: 1 }, { Code: 'MODEL_THROTTLED' }),
    line({ ToolCalls: 1 }, { Tool: 'Read', Result: 'success' }),
    line({ ToolCalls: 1 }, { Tool: 'mcp__<b>', Result: 'denied' }),
    line({ FlushFailures: 1 }),
  ];
  writeFileSync(join(logs, 'session.log'), lines.join('\n'));
  writeFileSync(join(logs, 'function-orders.log'), line({ Errors: 1 }, { Code: 'OF_A_FUNCTION' }));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** The page, and the part of it that is a widget. */
function page() {
  const app = readPreviewedApp(assembly);
  const drawn = previewPage(app, readWrittenLog(logs, app, BEGIN));
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

describe('the app', () => {
  /** What is read of an app that `define` adds to. */
  function read(name: string, define: (app: App) => void) {
    const outdir = join(folder, name);
    const app = new App({ outdir });
    define(app);
    app.synth();
    return readPreviewedApp(outdir);
  }
  const agentIn = (stack: Stack) => new AgentRuntime(stack, 'Agent', { image: testImage() });

  test('can have its dashboard and alarms in a stack of their own', () => {
    const { dashboards, alarms } = read('two-stacks', (app) => {
      // The one that imports comes first.
      const watch = new Stack(app, 'AWatch');
      const agent = agentIn(new Stack(app, 'Run'));
      new AgentDashboard(watch, 'Dashboard', { agents: [agent] });
      new AgentAlarms(watch, 'Alarms', { agent, agentMetrics: true });
    });
    expect(dashboards).toHaveLength(1);
    expect(alarms.length).toBeGreaterThan(5);
    expect(JSON.stringify(dashboards)).toContain(':runtime/Run_Agent');
  });

  test('can have its stacks in a stage', () => {
    const { dashboards } = read('stage', (app) => {
      const stack = new Stack(new Stage(app, 'Prod'), 'Run');
      new AgentDashboard(stack, 'Dashboard', { agents: [agentIn(stack)] });
    });
    expect(dashboards).toHaveLength(1);
  });

  test('is refused without a dashboard', () => {
    expect(() => read('none', (app) => agentIn(new Stack(app, 'Run')))).toThrow(/^no stack in .*none has a dashboard/);
  });
});

test('graphs of the agent have lines, and those without say why they have none', () => {
  const { widget, ownGraphs, ownGraphsWithData, serviceGraphs } = page();
  expect(widget('Turn latency')).toMatch(/<polyline points="[\d., ]+"/);
  expect(widget('Turn latency')).toContain('p95');
  expect(widget('Errors by code')).toContain('MODEL_THROTTLED');
  expect(widget('Requests')).toContain('An AWS service reports this: no data on this machine');
  expect(widget('Waiting for permission')).toContain('The agent reports this when it happens: no data in this time');
  expect(ownGraphsWithData).toBeGreaterThan(8);
  expect(ownGraphs).toBeGreaterThan(ownGraphsWithData);
  expect(serviceGraphs).toBeGreaterThan(10);
});

test('what other runs and functions have written is not drawn', () => {
  expect(page().html).not.toMatch(/OF_A/);
  const app = readPreviewedApp(assembly);
  const all = previewPage(app, readWrittenLog(logs, app, 0)).html;
  expect(all).toContain('OF_ANOTHER_RUN');
  expect(all).not.toContain('OF_A_FUNCTION');
});

test('tables of the log have what the queries find in it', () => {
  const { html, widget } = page();
  const table = (title: string): string =>
    /<table>.*?<\/table>/.exec(html.split(`<h3>${title}</h3>`).find((part) => part.startsWith('<table>')) ?? '')?.[0] ??
    '';
  expect(table('Errors by code')).toMatch(/<th>Code<\/th>.*<td>MODEL_THROTTLED<\/td><td>1<\/td>/);
  expect(table('Top tools')).toContain('<td>mcp__&lt;b&gt;</td><td>denied</td>');
  expect(table('Top tools')).not.toContain('SOURCE');
  expect(widget('Slowest turns')).toContain('<td>1.5k</td>');
});

test('a query of the log that is not understood is shown', () => {
  const log = { metrics: new MetricData([]), linesOf: () => ['{"time":"2026-11-21T09:30:00Z"}'] };
  const query = "SOURCE '/aws/lambda/orders' | parse @message /<(?<tag>.*)>/";
  expect(logTable({ query }, log)).toContain('parse @message /&lt;(?&lt;tag&gt;');
  expect(logTable({ query: "SOURCE 'x' | fields @timestamp\n| filter ispresent(a)" }, log)).toContain('no such line');
});

test('a table is of the agent whose log group it asks', () => {
  const asked: (string | undefined)[] = [];
  const log = { metrics: new MetricData([]), linesOf: (name?: string) => (asked.push(name), []) };
  for (const group of ['/aws/bedrock-agentcore/runtimes/support_7-0123456789-DEFAULT', '/aws/lambda/orders']) {
    logTable({ query: `SOURCE '${group}' | limit 5` }, log);
  }
  expect(asked).toEqual(['support_7', undefined]);
});

test('lines are those of the agent that has written them', () => {
  const folderOfTwo = join(folder, 'two');
  mkdirSync(folderOfTwo);
  for (const agent of ['support', 'another']) {
    const plain = JSON.stringify({ time: SINCE, level: 'warn', message: `of ${agent}` });
    writeFileSync(join(folderOfTwo, `${agent}.log`), `${plain}\n${line({ Turns: 1 }, {}, agent)}\n`);
  }
  const { linesOf } = readWrittenLog(folderOfTwo, readPreviewedApp(assembly), BEGIN);
  expect(linesOf('support').map((text) => text.includes('"of support"'))).toEqual([true, false]);
  expect(linesOf()).toHaveLength(4);
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

test('alarms on what AWS services report say that there is no data', () => {
  const { html } = page();
  for (const name of ['ErrorRate', 'Throttles', 'Latency', 'MetricsMissing']) {
    expect(html).toMatch(new RegExp(`<li class="NONE"[^>]*><b>Alarms${name}</b>no data</li>`));
  }
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
      { label: 'a', axis: 'left', series },
      { label: 'b', axis: 'left', series },
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

test('lines of the right axis are measured by it', () => {
  const chart = lineChart(
    [
      { label: 'calls', axis: 'left', series: new Map([[0, 2]]) },
      { label: 'ms', axis: 'right', series: new Map([[0, 2000]]) },
    ],
    { span: { begin: 0, end: 1000 }, width: 400, stacked: false },
  );
  const heights = [...chart.matchAll(/<circle cx="[\d.]+" cy="([\d.]+)"/g)].map(([, y]) => Number(y));
  expect(heights).toEqual([8, 8]);
  expect(chart).toMatch(/text-anchor="end">2<.*text-anchor="start">2k</);
  expect(chart).toContain('ms (right)');
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
    const args = ['--assembly', assembly, '--logs', logs, '--output', output, '--since', SINCE];
    const { stdout, stderr } = await preview(...args);
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /dashboard\.html: \d+ of \d+ graphs of what agents report have data; \d+ more are of AWS services/,
    );
    expect(stdout).toContain('no picture: there is no Chromium');
    expect(readFileSync(output, 'utf8')).toContain('support: Health');
  });

  test.each([
    [['--assembly', 'nowhere'], /^there is no cloud assembly in .*nowhere; run/],
    [['--logs', 'nowhere'], /^there are no logs at .*nowhere; run/],
    [['--output', 'picture.png'], /^--output is "picture\.png"; expected a file that ends in \.html/],
    [['--since', 'yesterday'], /^--since is "yesterday"; expected a time such as 2026-11-21T09:30:00Z/],
    [['--since', '5'], /^--since is "5"/],
    [['--example'], /^--example makes its own assembly and logs; leave --assembly, --logs and --since out/],
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
    expect(() => readWrittenLog(other, readPreviewedApp(assembly), BEGIN)).toThrow(
      /^the dashboards ask for metrics of support, and the logs at .*other\.log have those of another since 2026-.*; talk to the agent/,
    );
  });

  test('fails with logs that are older than the app, and says from when on it looks', () => {
    const app = readPreviewedApp(assembly);
    expect(app.synthesizedAt).toBe(statSync(join(assembly, 'manifest.json')).mtimeMs);
    expect(() => readWrittenLog(logs, app, Date.UTC(2030, 0))).toThrow(
      /have those of none since 2030-01-01T00:00:00\.000Z; .* give an earlier time with --since/,
    );
  });

  test('looks where the local run writes', () => {
    expect(readArguments([], '/app')).toEqual({
      assembly: '/app/.local/cdk.out',
      logs: '/app/.local/logs',
      output: '/app/.local/dashboard.html',
      example: false,
    });
    expect(readArguments(['--since', SINCE], '/app')).toMatchObject({ since: BEGIN });
    expect(readArguments(['--example'], '/app')).toMatchObject({ example: true });
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
    for (const path of ['no-such-file', 'logs']) {
      await expect(takePicture(html(), 100, { CHROMIUM: join(folder, path) })).rejects.toThrow('which is no program');
    }
    expect(existsSync(join(folder, 'page.png'))).toBe(false);
  });

  test('is not made without a Chromium', async () => {
    expect(await takePicture(html(), 100, { PATH: '/nowhere' })).toBeUndefined();
  });
});
