import {
  alarmQueries,
  type AlarmProperties,
  alarmStates,
  type AlarmState,
  type MetricData,
  type MetricQuery,
} from '../../lib/testing';
import { escapeText } from './markup';
import type { PreviewedAlarm } from './sources';

/** What the alarms of an app say of the metrics that there are. */
export function alarmList(alarms: readonly PreviewedAlarm[], data: MetricData): string {
  if (alarms.length === 0) return '';
  const items = alarms.map(({ name, description, properties }) => {
    const state = stateOf(properties, data);
    const text = state ?? 'no data';
    return `<li class="${state ?? 'NONE'}" title="${escapeText(description)}"><b>${escapeText(name)}</b>${text}</li>`;
  });
  return `<section class="alarms"><h2>Alarms</h2><ul>${items.join('')}</ul></section>`;
}

/**
 * What CloudWatch would say at the end of the time that there is data of; undefined for an alarm of a metric that an AWS service
 * reports, because none does on this machine, and nothing would look as if all were well.
 */
function stateOf(alarm: AlarmProperties, data: MetricData): AlarmState | undefined {
  const isUnknown = (query: MetricQuery): boolean =>
    'metric' in query &&
    query.metric.namespace.startsWith('AWS/') &&
    data.series(query.metric, query.metric).size === 0;
  if (alarmQueries(alarm).some(isUnknown)) return undefined;
  return alarmStates(alarm, data, data.times).at(-1) ?? 'INSUFFICIENT_DATA';
}
