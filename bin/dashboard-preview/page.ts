import { alarmStates, type AlarmState, type DashboardWidget, type MetricData } from '../../lib/testing';
import { lineChart, shortNumber, type TimeSpan } from './chart';
import { graphLines } from './graph-lines';
import { escapeText, markdownHtml } from './markup';
import type { PreviewedAlarm, PreviewedApp } from './sources';

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
  readonly graphs: number;
  readonly graphsWithData: number;
}

/** The dashboards of an app as one page: their layout, and in it what `data` has. */
export function previewPage({ dashboards, alarms }: PreviewedApp, data: MetricData): PreviewPage {
  const times = data.times;
  const length = (times.end - times.begin) / 1000;
  const periodSeconds = PERIODS.find((period) => length / period <= POINTS) ?? PERIODS.at(-1) ?? 60;
  const span = { begin: Math.floor(times.begin / 1000 / periodSeconds) * periodSeconds * 1000, end: times.end };
  const widgets = dashboards.flatMap((body) => body.widgets);
  const drawn = dashboards.map((body) => {
    const cells = body.widgets.map((widget) => cell(widget, widgetHtml(widget, data, span, periodSeconds)));
    return `<section class="board">${cells.join('')}</section>`;
  });
  const graphs = widgets.filter(({ type }) => type === 'metric');
  const rows = dashboards.map((body) => Math.max(0, ...body.widgets.map(({ y, height }) => y + height)));
  return {
    html: [HEAD, alarmList(alarms, data), source(periodSeconds), ...drawn, '</body></html>\n'].join('\n'),
    height: ALARMS_HEIGHT + rows.reduce((sum, count) => sum + count * (ROW_HEIGHT + 4), 0),
    graphs: graphs.length,
    graphsWithData: graphs.filter(({ properties }) => graphLines(properties, data, periodSeconds).length > 0).length,
  };
}

function cell({ type, x, y, width, height }: DashboardWidget, content: string): string {
  const place = `grid-column:${x + 1} / span ${Math.min(width, COLUMNS - x)};grid-row:${y + 1} / span ${height}`;
  return `<div class="${escapeText(type)}" style="${place}">${content}</div>`;
}

function widgetHtml(
  { type, width, properties }: DashboardWidget,
  data: MetricData,
  span: TimeSpan,
  periodSeconds: number,
): string {
  const title = `<h3>${escapeText(properties.title ?? '')}</h3>`;
  if (type === 'text') return markdownHtml(properties.markdown ?? '');
  if (type === 'log') return `${title}<pre>${escapeText(properties.query ?? '')}</pre>`;
  if (properties.view === 'singleValue') return title + figures(graphLines(properties, data, WHOLE_TIME));
  const lines = graphLines(properties, data, periodSeconds);
  const chart =
    lines.length === 0
      ? '<p class="none">An AWS service reports this, or it did not happen: no data on this machine.</p>'
      : lineChart(lines, { span, width: width * COLUMN_WIDTH, stacked: properties.stacked === true });
  return title + chart;
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

function alarmList(alarms: readonly PreviewedAlarm[], data: MetricData): string {
  if (alarms.length === 0) return '';
  const items = alarms.map(({ name, description, properties }) => {
    const state: AlarmState = alarmStates(properties, data, data.times).at(-1) ?? 'INSUFFICIENT_DATA';
    return `<li class="${state}" title="${escapeText(description)}"><b>${escapeText(name)}</b>${state}</li>`;
  });
  return `<section class="alarms"><h2>Alarms</h2><ul>${items.join('')}</ul></section>`;
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
.none{color:#879596}pre{font-size:11px;white-space:pre-wrap;margin:0}
.figures{display:flex;gap:48px}.figures div{color:#545b64}.figures strong{display:block;font-size:28px;color:#16191f}
.alarms ul{display:flex;flex-wrap:wrap;gap:6px;padding:0;list-style:none}
.alarms li{background:#fff;border:1px solid #d5dbdb;border-left:4px solid #879596;border-radius:4px;padding:4px 10px}
.alarms b{display:block}.alarms .OK{border-left-color:#1d8102}.alarms .ALARM{border-left-color:#d13212}
</style></head><body>`;
