import type { IncomingMessage, ServerResponse } from 'node:http';
import { RequestFault, sendJson } from '../http-messages';
import { sendPage } from '../identity/page';
import type { AgentMetricLog } from '../metrics/agent-metric-log';
import { METRICS_STYLE, metricsContent } from '../metrics/metrics-page';

/** After how many seconds the page asks again. */
const RENEW_S = 5;

/**
 * The numbers of the agents for the person at this machine: `/metrics` as a page, `/metrics.json` for programs.
 *
 * @throws RequestFault for what is no reading
 */
export function serveMetrics(log: AgentMetricLog, req: IncomingMessage, res: ServerResponse): void {
  const path = (req.url ?? '').split('?')[0] ?? '';
  if (req.method !== 'GET') {
    throw new RequestFault(405, 'METHOD_NOT_ALLOWED', `${path} takes GET, not ${req.method ?? ''}`, { allow: 'GET' });
  }
  const summaries = log.summaries();
  if (path.endsWith('.json')) {
    sendJson(res, 200, { metrics: summaries }, { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    return;
  }
  res.setHeader('refresh', RENEW_S);
  sendPage(res, 200, 'Metrics of the agents', metricsContent(summaries), METRICS_STYLE);
}
