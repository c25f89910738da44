import type { ServerResponse } from 'node:http';
import type { Audit } from '../audit';
import type { Principal } from '../credentials';
import { RequestFault, sendJson } from '../http-messages';
import type { WireRequest } from '../sigv4';
import type { SpanFile } from '../spans/span-file';

/** What AWS X-Ray asks of those who send spans. */
const ACTIONS = ['xray:PutSpans', 'xray:PutTraceSegments'];

/**
 * The endpoint of AWS X-Ray that takes spans of OpenTelemetry, in JSON.
 *
 * @throws RequestFault with the codes of the service
 */
export function serveXRay(
  spans: SpanFile,
  audit: Audit,
  principal: Principal,
  { method, url, body }: WireRequest,
  res: ServerResponse,
): void {
  const path = url.split('?')[0] ?? '';
  if (method !== 'POST' || path !== '/v1/traces') {
    throw new RequestFault(
      404,
      'UnknownOperationException',
      `${method} ${path} of AWS X-Ray is not run locally; POST /v1/traces is`,
    );
  }
  audit.require(
    principal,
    ACTIONS.map((action) => ({ action, resource: '*' })),
  );
  spans.append(readRequest(body));
  sendJson(res, 200, {});
}

function readRequest(body: Buffer): object {
  try {
    const request: unknown = JSON.parse(body.toString());
    if (typeof request === 'object' && request !== null && 'resourceSpans' in request) return request;
  } catch {
    // Told below, like any other body that is none.
  }
  throw new RequestFault(400, 'InvalidRequestException', 'the body is no request of OTLP in JSON with "resourceSpans"');
}
