import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { holdExampleTalk } from '../../../bin/dashboard-preview/example-talk';
import { previewPage } from '../../../bin/dashboard-preview/page';
import { readPreviewedApp } from '../../../bin/dashboard-preview/sources';
import { readWrittenLog } from '../../../bin/dashboard-preview/written-log';

/** Synthesizing and starting takes long on a machine that does other things. */
jest.setTimeout(240_000);

const ROOT = join(__dirname, '..', '..', '..');

test('the example fills every graph and table of what agents report', async () => {
  const state = mkdtempSync(join(tmpdir(), 'dashboard-example-'));
  // What the person has set for the AWS command line is neither used nor changed.
  const own = { AWS_PROFILE: 'somebody', AWS_SESSION_TOKEN: 'token-of-somebody' };
  Object.assign(process.env, own);
  const variables = { ...process.env };
  try {
    const said: string[] = [];
    const { assembly, logs, since } = await holdExampleTalk({ directory: ROOT, state, say: (line) => said.push(line) });
    const app = readPreviewedApp(assembly);
    const log = readWrittenLog(logs, app, since);
    const { html, ownGraphs, ownGraphsWithData } = previewPage(app, log);

    expect(said.length).toBeGreaterThan(5);
    expect(ownGraphs).toBeGreaterThan(10);
    expect(ownGraphsWithData).toBe(ownGraphs);
    expect(html).not.toContain('The log has no such line.');
    const results = log.metrics.identities
      .filter(({ metricName, dimensions }) => metricName === 'ToolCalls' && dimensions.Tool !== undefined)
      .map(({ dimensions: { Tool, Result } }) => `${String(Tool)} ${String(Result)}`);
    expect(results).toEqual(
      expect.arrayContaining([
        'mcp__gw__purchases___place_order success',
        'mcp__gw__orders___get_order_status error',
        'Write success',
        'Write denied',
      ]),
    );
    expect(log.metrics.identities).toContainEqual(
      expect.objectContaining({
        metricName: 'Errors',
        dimensions: expect.objectContaining({ Code: 'MODEL_ACCESS_DENIED' }),
      }),
    );
    expect(process.env).toEqual(variables);
  } finally {
    Object.keys(own).forEach((name) => Reflect.deleteProperty(process.env, name));
    rmSync(state, { recursive: true, force: true });
  }
});
