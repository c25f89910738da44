import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import type { Audit } from '../audit';
import type { Principal } from '../credentials';
import type { LocalFunctions } from '../functions/local-functions';
import { decodePercent, RequestFault } from '../http-messages';
import type { WireRequest } from '../sigv4';

const ROUTE = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/**
 * AWS Lambda for signed callers: Invoke, with an answer (`RequestResponse`).
 *
 * @throws RequestFault with the codes of the service
 */
export async function serveLambda(
  functions: LocalFunctions,
  audit: Audit,
  principal: Principal,
  region: string,
  { method, url, headers, body }: WireRequest,
  res: ServerResponse,
  requestId: string,
): Promise<void> {
  const path = url.split('?')[0] ?? '';
  const [, encoded] = ROUTE.exec(path) ?? [];
  const type = headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (method !== 'POST' || encoded === undefined || type !== 'RequestResponse') {
    throw new RequestFault(
      404,
      'UnknownOperationException',
      `${method} ${path} (${String(type)}) of AWS Lambda is not run locally; Invoke with RequestResponse is`,
    );
  }
  const id = decodePercent(encoded);
  const { partition, account } = principal;
  const found = functions.find(id);
  const unknown = id.startsWith('arn:') ? id : `arn:${partition}:lambda:${region}:${account}:function:${id}`;
  const request = { action: 'lambda:InvokeFunction', resource: id.startsWith('arn:') ? id : (found?.arn ?? unknown) };
  audit.require(principal, [request], found?.policy);
  if (found === undefined) throw new RequestFault(404, 'ResourceNotFoundException', `Function not found: ${unknown}`);

  const { payload, hasFailed } = await functions.invoke(found, {
    requestId,
    event: readEvent(body),
    clientContext: readClientContext(headers['x-amz-client-context']),
  });
  res.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(payload),
    'x-amz-executed-version': '$LATEST',
    'x-amzn-requestid': requestId,
    ...(hasFailed ? { 'x-amz-function-error': 'Unhandled' } : {}),
  });
  res.end(payload);
}

function readEvent(body: Buffer): string {
  const text = body.length === 0 ? '{}' : body.toString();
  requireJson(text, 'the payload');
  return text;
}

function readClientContext(header: string | string[] | undefined): unknown {
  return header === undefined
    ? undefined
    : requireJson(Buffer.from(String(header), 'base64').toString(), 'the client context');
}

function requireJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestFault(400, 'InvalidRequestContentException', `${what} of the call is not JSON`);
  }
}
