import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { isRecord } from '../../../lib/testing/policy';

/**
 * Answers with what a function gave back: a response, or anything else as the JSON of a good one. Format 2.0 of API
 * Gateway.
 *
 * @returns whether it could be made a response
 */
export function sendFunctionAnswer(res: ServerResponse, result: unknown, headers: OutgoingHttpHeaders): boolean {
  if (!isRecord(result) || result.statusCode === undefined) {
    if (result === undefined) return false;
    send(res, 200, Buffer.from(typeof result === 'string' ? result : JSON.stringify(result)), {
      'content-type': 'application/json',
      ...headers,
    });
    return true;
  }
  const { statusCode, headers: given, cookies, body = '', isBase64Encoded } = result;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599 || typeof body !== 'string') return false;
  const own = Object.entries(isRecord(given) ? given : {}).map(([name, value]) => [name.toLowerCase(), String(value)]);
  send(res, status, Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8'), {
    ...(body === '' ? {} : { 'content-type': 'text/plain;charset=utf-8' }),
    ...Object.fromEntries(own),
    ...(Array.isArray(cookies) ? { 'set-cookie': cookies.map(String) } : {}),
    ...headers,
  });
  return true;
}

function send(res: ServerResponse, status: number, body: Buffer, headers: OutgoingHttpHeaders): void {
  res.writeHead(status, { ...headers, 'content-length': body.length });
  res.end(body);
}
