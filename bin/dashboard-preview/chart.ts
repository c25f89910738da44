import type { GraphLine } from './graph-lines';
import { escapeText } from './markup';

/** Of the drawing, in the units of its own coordinates. */
const HEIGHT = 150;
const LEFT = 46;
/** Without and with an axis. */
const RIGHT = 8;
const RIGHT_AXIS = 40;
const TOP = 8;
const BOTTOM = 18;

/** The first colours of CloudWatch's graphs. */
const COLORS = ['#1f77b4', '#ff7f0e', '#2ca02c', '#9467bd', '#8c564b', '#e377c2', '#7f7f7f', '#bcbd22', '#17becf'];

/** What the time axis of every graph goes from and to, in milliseconds of Unix time. */
export interface TimeSpan {
  readonly begin: number;
  readonly end: number;
}

type Point = readonly [x: number, y: number];

/** How a graph is drawn. */
export interface ChartOptions {
  readonly span: TimeSpan;
  /** In the units of the drawing; it is 150 high. */
  readonly width: number;
  readonly stacked: boolean;
}

/** A line graph as SVG, with its legend. A point that stands alone is drawn as a dot. */
export function lineChart(lines: readonly GraphLine[], { span, width, stacked }: ChartOptions): string {
  const drawn = stacked ? stackedLines(lines) : lines;
  const tops = { left: topOf(drawn, 'left'), right: topOf(drawn, 'right') };
  const right = width - (drawn.some(({ axis }) => axis === 'right') ? RIGHT_AXIS : RIGHT);
  const x = (at: number): number => LEFT + ((at - span.begin) / Math.max(1, span.end - span.begin)) * (right - LEFT);
  const y = (share: number): number => HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
  const marks = drawn.map(({ series, color, axis }, index) => {
    const points = [...series].sort(([a], [b]) => a - b).map(([at, value]): Point => [x(at), y(value / tops[axis])]);
    return lineMarks(points, color ?? COLORS[index % COLORS.length] ?? '#000000', stacked ? y(0) : undefined);
  });
  return [
    `<svg viewBox="0 0 ${width} ${HEIGHT}" role="img">`,
    ...[0, 0.5, 1].flatMap((share) => [
      gridLine(y(share), right),
      axisLabel(LEFT - 5, y(share), 'end', shortNumber(share * tops.left)),
      ...(right < width - RIGHT ? [axisLabel(right + 5, y(share), 'start', shortNumber(share * tops.right))] : []),
    ]),
    ...[span.begin, span.end].map((at, index) =>
      timeLabel(at, index === 0 ? LEFT : right, index === 0 ? 'start' : 'end'),
    ),
    // What is stacked highest is drawn first, so that the others lie before it.
    ...(stacked ? marks.reverse() : marks),
    '</svg>',
    legend(drawn),
  ].join('');
}

/** Where an axis ends. */
function topOf(lines: readonly GraphLine[], axis: GraphLine['axis']): number {
  const values = lines.flatMap((line) => (line.axis === axis ? [...line.series.values()] : []));
  return niceTop(Math.max(0, ...values));
}

function stackedLines(lines: readonly GraphLine[]): GraphLine[] {
  const times = [...new Set(lines.flatMap(({ series }) => [...series.keys()]))].sort((a, b) => a - b);
  const sums = new Map<number, number>();
  return lines.map((line) => {
    for (const at of times) sums.set(at, (sums.get(at) ?? 0) + (line.series.get(at) ?? 0));
    return { ...line, series: new Map(sums) };
  });
}

function lineMarks(points: readonly Point[], color: string, base: number | undefined): string {
  const path = points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ');
  const first = points[0];
  const last = points.at(-1);
  const area =
    base === undefined || first === undefined || last === undefined
      ? ''
      : `<polygon points="${round(first[0])},${round(base)} ${path} ${round(last[0])},${round(base)}" fill="${color}" fill-opacity="0.35"/>`;
  const dots = points.map(([x, y]) => `<circle cx="${round(x)}" cy="${round(y)}" r="2.4" fill="${color}"/>`).join('');
  return `${area}<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.4"/>${dots}`;
}

function gridLine(y: number, right: number): string {
  return `<line x1="${LEFT}" x2="${right}" y1="${round(y)}" y2="${round(y)}" class="grid"/>`;
}

function axisLabel(x: number, y: number, anchor: 'start' | 'end', label: string): string {
  return `<text x="${x}" y="${round(y + 3)}" text-anchor="${anchor}">${label}</text>`;
}

function timeLabel(at: number, x: number, anchor: 'start' | 'end'): string {
  return `<text x="${x}" y="${HEIGHT - 4}" text-anchor="${anchor}">${new Date(at).toISOString().slice(11, 19)}</text>`;
}

function legend(lines: readonly GraphLine[]): string {
  const entries = lines.map(({ label, color, axis }, index) => {
    const shown = color ?? COLORS[index % COLORS.length] ?? '#000000';
    return `<span><i style="background:${shown}"></i>${escapeText(label)}${axis === 'right' ? ' (right)' : ''}</span>`;
  });
  return `<p class="legend">${entries.join('')}</p>`;
}

/** 1, 2 or 5 with zeros: the least of these that is not below the value. */
function niceTop(value: number): number {
  if (value <= 0) return 1;
  const scale = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5].find((factor) => factor * scale >= value) ?? 10) * scale;
}

/** A number in at most four digits, as `1.2k`. */
export function shortNumber(value: number): string {
  const [scale, suffix] = (
    [
      [1e9, 'G'],
      [1e6, 'M'],
      [1e3, 'k'],
    ] as const
  ).find(([size]) => Math.abs(value) >= size) ?? [1, ''];
  const scaled = value / scale;
  const digits = scaled !== 0 && Math.abs(scaled) < 0.1 ? 4 : Math.abs(scaled) < 10 ? 2 : 0;
  return `${String(Number(scaled.toFixed(digits)))}${suffix}`;
}

const round = (value: number): string => value.toFixed(1);
