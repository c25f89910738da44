import type { DashboardWidget } from '../../lib/testing';
import { alarmList } from './alarm-list';
import { lineChart, shortNumber, type TimeSpan } from './chart';
import { agentsOf, graphLines } from './graph-lines';
import { logTable } from './log-table';
import { escapeText, markdownHtml } from './markup';
import type { PreviewedApp } from './sources';
import type { WrittenLog } from './written-log';

/** Pixels of a row of CloudWatch's grid. */
const ROW_HEIGHT = 44;
const ALARMS_HEIGHT = 260;
const COLUMNS = 24;

/** Units of a drawing for each column. */
const COLUMN_WIDTH = 50;

/** Long enough for one point of everything. */
const WHOLE_TIME = 10 ** 10;

/** About as many points as a graph shows well. */
const POINTS = 40;

/** In seconds; those that CloudWatch has, and shorter ones for a session of a minute. */
const PERIODS = [1, 5, 10, 30, 60, 300, 900, 3600];

/** A page, and what there is to say of it. */
export interface PreviewPage {
  readonly html: string;
  /** In pixels. */
  readonly height: number;
  /** The graphs of what agents write themselves, and those of them that have data. */
  readonly ownGraphs: number;
  readonly ownGraphsWithData: number;
  /** The graphs of what AWS services report. */
  readonly serviceGraphs: number;
}

/** How everything on the page is drawn. */
interface Drawing {
  readonly log: WrittenLog;
  readonly span: TimeSpan;
  readonly periodSeconds: number;
}

/** The dashboards of an app as one page: their layout, and in it what `log` has. */
export function previewPage({ dashboards, alarms }: PreviewedApp, log: WrittenLog): PreviewPage {
  const times = log.metrics.times;
  const length = (times.end - times.begin) / 1000;
  const periodSeconds = PERIODS.find((period) => length / period <= POINTS) ?? PERIODS.at(-1) ?? 60;
  const span = { begin: Math.floor(times.begin / 1000 / periodSeconds) * periodSeconds * 1000, end: times.end };
  const drawing: Drawing = { log, span, periodSeconds };
  const drawn = dashboards.map((body) => {
    const cells = body.widgets.map((widget) => cell(widget, widgetHtml(widget, drawing)));
    return `<section class="board">${cells.join('')}</section>`;
  });
  const graphs = dashboards.flatMap((body) => body.widgets.filter(({ type }) => type === 'metric'));
  const own = graphs.filter(({ properties }) => agentsOf(properties).length > 0);
  const rows = dashboards.map((body) => Math.max(0, ...body.widgets.map(({ y, height }) => y + height)));
  return {
    html: [HEAD, alarmList(alarms, log.metrics), source(periodSeconds), ...drawn, '</body></html>\n'].join('\n'),
    height: ALARMS_HEIGHT + rows.reduce((sum, count) => sum + count * (ROW_HEIGHT + 4), 0),
    ownGraphs: own.length,
    ownGraphsWithData: own.filter(({ properties }) => graphLines(properties, log.metrics, periodSeconds).length > 0)
      .length,
    serviceGraphs: graphs.length - own.length,
  };
}

function cell({ type, x, y, width, height }: DashboardWidget, content: string): string {
  const place = `grid-column:${x + 1} / span ${Math.min(width, COLUMNS - x)};grid-row:${y + 1} / span ${height}`;
  return `<div class="${escapeText(type)}" style="${place}">${content}</div>`;
}

function widgetHtml({ type, width, properties }: DashboardWidget, { log, span, periodSeconds }: Drawing): string {
  const title = `<h3>${escapeText(properties.title ?? '')}</h3>`;
  if (type === 'text') return markdownHtml(properties.markdown ?? '');
  if (type === 'log') return title + logTable(properties, log);
  const isFigure = properties.view === 'singleValue';
  const lines = graphLines(properties, log.metrics, isFigure ? WHOLE_TIME : periodSeconds);
  if (lines.length === 0) {
    const reason =
      agentsOf(properties).length === 0
        ? 'An AWS service reports this: no data on this machine.'
        : 'The agent reports this when it happens: no data in this time.';
    return `${title}<p class="none">${reason}</p>`;
  }
  return (
    title +
    (isFigure
      ? figures(lines)
      : lineChart(lines, { span, width: width * COLUMN_WIDTH, stacked: properties.stacked === true }))
  );
}

function source(periodSeconds: number): string {
  return `<p>Drawn from what agents wrote on this machine. Times are UTC; a point stands for ${periodSeconds} s.</p>`;
}

function figures(lines: ReturnType<typeof graphLines>): string {
  const items = lines.map(({ label, series }) => {
    const [value = 0] = [...series.values()];
    return `<div><strong>${shortNumber(value)}</strong>${escapeText(label)}</div>`;
  });
  return `<div class="figures">${items.join('')}</div>`;
}

const HEAD = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Dashboard preview</title><style>
body{font:13px/1.4 system-ui,sans-serif;margin:12px;background:#f2f3f3;color:#16191f}
.board{display:grid;grid-template-columns:repeat(24,1fr);grid-auto-rows:${ROW_HEIGHT}px;gap:4px;margin-bottom:16px}
.board>div{overflow:hidden;padding:6px 10px;background:#fff;border:1px solid #d5dbdb;border-radius:4px}
.board>.text{background:none;border:none}
h2{font-size:16px;margin:4px 0}h3{font-size:13px;margin:0 0 4px}p{margin:2px 0}
svg{width:100%;flex:1;min-height:0}.board>.metric{display:flex;flex-direction:column}svg text{font-size:9px;fill:#545b64}.grid{stroke:#eaeded}
.legend{display:flex;flex-wrap:wrap;gap:0 12px;font-size:11px}.legend i{display:inline-block;width:9px;height:9px;margin-right:4px}
.none{color:#879596}table{border-collapse:collapse;font-size:11px}th,td{padding:1px 8px 1px 0;text-align:left;white-space:nowrap}pre{font-size:11px;white-space:pre-wrap;margin:0}
.figures{display:flex;gap:48px}.figures div{color:#545b64}.figures strong{display:block;font-size:28px;color:#16191f}
.alarms ul{display:flex;flex-wrap:wrap;gap:6px;padding:0;list-style:none}
.alarms li{background:#fff;border:1px solid #d5dbdb;border-left:4px solid #879596;border-radius:4px;padding:4px 10px}
.alarms b{display:block}.alarms .OK{border-left-color:#1d8102}.alarms .ALARM{border-left-color:#d13212}
</style></head><body>`;
