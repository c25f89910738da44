import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Audit } from './audit';
import type { CredentialStore } from './credentials';
import { serveAgentCore } from './endpoints/agentcore';
import { serveBedrock, type ModelBackend } from './endpoints/bedrock-runtime';
import { serveShortPath } from './endpoints/short-path';
import { readBody, RequestFault, sendAwsFault, sendPlainFault } from './http-messages';
import type { RunningRuntime } from './running-runtime';
import { readSignature, type SignatureClaim, type WireRequest } from './sigv4';

/** AgentCore's payload limit. Source: "Quotas for Amazon Bedrock AgentCore". */
const MAX_BODY_BYTES = 100 * 1024 * 1024;

/** Names under which only this machine reaches the front; any other may be a web page's, re-bound to 127.0.0.1. */
const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/** Paths that only signed callers use. */
const SIGNED_PATH = /^\/(runtimes|model|inference-profiles)(\/|\?|$)/;

/** What the front needs to answer requests. */
export interface FrontServices {
  /** The runtime of the short path. */
  readonly served: RunningRuntime;
  readonly runtimes: readonly RunningRuntime[];
  readonly credentials: CredentialStore;
  readonly audit: Audit;
  readonly model: ModelBackend;
  readonly log: (line: string) => void;
}

/**
 * The one address of the local run. A signed request goes to the AWS service that its signature names; an unsigned one
 * is a person's, on the agent's own routes.
 *
 * @param services undefined while the run is still starting
 */
export function createFront(services: () => FrontServices | undefined): Server {
  return createServer((req, res) => {
    const requestId = randomUUID();
    // A client that goes away in the middle of an answer is no fault of the run.
    res.on('error', () => undefined);
    answer(services(), req, res, requestId).catch((error: unknown) => {
      sendFault(req, res, error, requestId, services()?.log);
    });
  });
}

async function answer(
  services: FrontServices | undefined,
  req: IncomingMessage,
  res: ServerResponse,
  requestId: string,
): Promise<void> {
  const { host = '' } = req.headers;
  if (!LOOPBACK_HOST.test(host)) {
    throw new RequestFault(
      403,
      'HOST_NOT_ALLOWED',
      `the Host header "${host}" is refused; this address is for 127.0.0.1 and localhost only`,
    );
  }
  if (services === undefined) throw new RequestFault(503, 'STARTING', 'the local run is starting; try again soon');
  const claim = readSignature(req.headers.authorization);
  if (claim === undefined && SIGNED_PATH.test(req.url ?? '')) throw unsigned(req);
  const body = await readBody(req, MAX_BODY_BYTES);
  if (claim === undefined) {
    await serveShortPath(services.served, services.runtimes, req, res, body, requestId);
  } else {
    await answerSigned(services, claim, req, res, body, requestId);
  }
}

async function answerSigned(
  { runtimes, credentials, audit, model }: FrontServices,
  claim: SignatureClaim,
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
  requestId: string,
): Promise<void> {
  const { service, region } = claim;
  if (service !== 'bedrock' && service !== 'bedrock-agentcore') {
    throw new RequestFault(
      501,
      'NotImplemented',
      `the AWS service "${service}" is not run locally; bedrock and bedrock-agentcore are`,
    );
  }
  const request: WireRequest = { method: req.method ?? 'GET', url: req.url ?? '/', headers: req.headers, body };
  const principal = await credentials.authenticate(request, claim);
  if (service === 'bedrock') {
    await serveBedrock(model, audit, principal, { ...principal, region }, req, res, body);
  } else {
    await serveAgentCore(runtimes, audit, principal, request, res, requestId);
  }
}

function unsigned({ headers }: IncomingMessage): RequestFault {
  return headers.authorization === undefined
    ? new RequestFault(
        403,
        'MissingAuthenticationToken',
        'the request is not signed; sign it with the credentials in up.json, or use POST /invocations without a signature',
      )
    : new RequestFault(
        403,
        'AccessDeniedException',
        'Authorization method mismatch: callers of this runtime sign with AWS Signature Version 4',
      );
}

function sendFault(
  req: IncomingMessage,
  res: ServerResponse,
  error: unknown,
  requestId: string,
  log: ((line: string) => void) | undefined,
): void {
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  if (!(error instanceof RequestFault)) {
    log?.(`${req.method ?? ''} ${req.url ?? ''} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  const fault =
    error instanceof RequestFault
      ? error
      : new RequestFault(500, 'InternalServerException', 'the local run failed on this request; its output says why');
  const isForAws = req.headers.authorization?.startsWith('AWS4-') === true || SIGNED_PATH.test(req.url ?? '');
  if (isForAws) sendAwsFault(res, fault, requestId);
  else sendPlainFault(res, fault);
}
