import { randomUUID } from 'node:crypto';
import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { allowLocalPages } from './cors';
import { serveAgentCore } from './endpoints/agentcore';
import { AgentSockets, refusalOf, tokenInProtocols, type Connection } from './endpoints/agent-socket';
import { ANTHROPIC_PATH, serveAnthropic } from './endpoints/anthropic';
import { isCognitoIdentity, serveCognitoIdentity } from './endpoints/cognito-identity';
import { serveGateway } from './endpoints/gateway-mcp';
import { serveGitHub } from './endpoints/github';
import { serveHttpApi } from './endpoints/http-api';
import { serveLinkPages } from './endpoints/link-pages';
import { serveBuckets } from './endpoints/s3';
import { serveMetrics } from './endpoints/metrics';
import { serveShortPath } from './endpoints/short-path';
import { sendFault } from './faults';
import { serveIndex } from './front-index';
import type { FrontServices } from './front-services';
import {
  AGENTCORE_PATH,
  BEDROCK_PATH,
  GATEWAY_PATH,
  GITHUB_PATH,
  HTTP_API_PATH,
  IDENTITY_PATH,
  INDEX_PATH,
  METRICS_PATH,
} from './front-paths';
import { readBody, RequestFault } from './http-messages';
import { readPresigned } from './presigned';
import { readBearer, type Caller } from './runtime-access';
import { answerSigned } from './signed-requests';
import { readSignature, type SignatureClaim, type WireRequest } from './sigv4';

/** AgentCore's payload limit. Source: "Quotas for Amazon Bedrock AgentCore". */
const MAX_BODY_BYTES = 100 * 1024 * 1024;

/**
 * Names under which only this machine reaches the front, those for buckets included; any other may be a web page's,
 * re-bound to 127.0.0.1.
 */
const LOOPBACK_HOST = /^(127\.0\.0\.1|([a-z0-9.-]+\.)?localhost|\[::1\])(:\d+)?$/i;

/** The one address of the local run, which every service and every person uses. */
export interface Front {
  readonly server: Server;
  /** Ends every connection, WebSockets included, and waits for it. */
  close(): Promise<void>;
}

/**
 * Makes the front. A signed request goes to the AWS service that its signature names; a request to a runtime or a user
 * pool is known by its path; any other is a person's, on the agent's own routes.
 *
 * @param services undefined while the run is still starting
 */
export function createFront(services: () => FrontServices | undefined): Front {
  const sockets = new AgentSockets();
  const upgraded = new Set<Duplex>();
  const server = createServer((req, res) => {
    const requestId = randomUUID();
    // A client that goes away in the middle of an answer is no fault of the run.
    res.on('error', () => undefined);
    answer(services(), req, res, requestId).catch((error: unknown) => {
      sendFault(req, res, error, requestId, services()?.log);
    });
  });
  server.on('upgrade', (req, socket, head) => {
    const requestId = randomUUID();
    upgraded.add(socket);
    socket.on('error', () => undefined).once('close', () => upgraded.delete(socket));
    const connection = { socket, head };
    upgrade(services(), sockets, req, connection, requestId).catch((error: unknown) => {
      if (socket.destroyed) return;
      sendFault(req, refusalOf(req, connection, new ServerResponse(req)), error, requestId, services()?.log);
    });
  });
  return {
    server,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      for (const socket of upgraded) socket.destroy();
      await closed;
    },
  };
}

async function answer(
  given: FrontServices | undefined,
  req: IncomingMessage,
  res: ServerResponse,
  requestId: string,
): Promise<void> {
  const services = requireReady(given, req);
  const url = req.url ?? '/';
  const claim = readSignature(req.headers.authorization) ?? presignedForS3(url);
  const pool = services.userPools.find(({ pool: { id } }) => url.startsWith(`/${id}/`));
  if ((pool !== undefined || AGENTCORE_PATH.test(url)) && allowLocalPages(req, res)) return;
  if (claim === undefined && BEDROCK_PATH.test(url)) {
    throw new RequestFault(403, 'MissingAuthenticationToken', 'the request is not signed; model calls are');
  }
  if (claim?.service === 's3') {
    // Objects are larger than what is held in memory, so that their bodies are read where they go.
    const { credentials, audit, buckets } = services;
    const principal = await credentials.authenticate(wireRequest(req), claim);
    return serveBuckets(buckets, audit, credentials, principal, claim, req, res);
  }
  const body = await readBody(req, MAX_BODY_BYTES);
  if (claim !== undefined) {
    await answerSigned(services, claim, req, res, wireRequest(req, body), requestId);
  } else if (GATEWAY_PATH.test(url)) {
    await serveGateway(services, unsignedCaller(req), req, res, body, requestId);
  } else if (isCognitoIdentity(req)) {
    await serveCognitoIdentity(services, req, res, body, requestId);
  } else if (IDENTITY_PATH.test(url)) {
    serveLinkPages(services.agentIdentity, services.endpoint, req, res, body);
  } else if (GITHUB_PATH.test(url)) {
    await serveGitHub(services.gitHub, req, res, body);
  } else if (HTTP_API_PATH.test(url)) {
    await serveHttpApi(services, req, res, body, requestId);
  } else if (AGENTCORE_PATH.test(url)) {
    await serveAgentCore(services, unsignedCaller(req), wireRequest(req, body), res, requestId);
  } else if (pool !== undefined) {
    await pool.serve(url.slice(pool.pool.id.length + 1).split('?')[0] ?? '', req, res, body);
  } else if (ANTHROPIC_PATH.test(url)) {
    await serveAnthropic(services.scriptedProvider, services.providerKeys, req, res, body);
  } else if (METRICS_PATH.test(url)) {
    serveMetrics(services.metrics, req, res);
  } else if (INDEX_PATH.test(url)) {
    serveIndex(services, req, res);
  } else {
    await serveShortPath(services.served, services.runtimes, req, res, body, requestId);
  }
}

async function upgrade(
  given: FrontServices | undefined,
  sockets: AgentSockets,
  req: IncomingMessage,
  connection: Connection,
  requestId: string,
): Promise<void> {
  const services = requireReady(given, req);
  const url = req.url ?? '/';
  if (AGENTCORE_PATH.test(url)) {
    const claim = readSignature(req.headers.authorization) ?? readPresigned(url);
    const caller: Caller =
      claim === undefined
        ? unsignedCaller(req)
        : { kind: 'signed', principal: await services.credentials.authenticate(wireRequest(req), claim) };
    await sockets.serveDataPlane(services, caller, req, connection, requestId);
    return;
  }
  if (url.split('?')[0] !== '/ws') {
    throw new RequestFault(404, 'NOT_FOUND', `${url.split('?')[0] ?? '/'} takes no WebSockets; /ws does`);
  }
  await sockets.serveShortPath(services.served, req, connection, requestId);
}

function requireReady(services: FrontServices | undefined, { headers: { host = '' } }: IncomingMessage): FrontServices {
  if (!LOOPBACK_HOST.test(host)) {
    throw new RequestFault(
      403,
      'HOST_NOT_ALLOWED',
      `the Host header "${host}" is refused; this address is for 127.0.0.1 and localhost only`,
    );
  }
  if (services === undefined) throw new RequestFault(503, 'STARTING', 'the local run is starting; try again soon');
  return services;
}

function presignedForS3(url: string): SignatureClaim | undefined {
  const claim = readPresigned(url);
  return claim?.service === 's3' ? claim : undefined;
}

function unsignedCaller({ headers }: IncomingMessage): Caller {
  const token = readBearer(headers.authorization) ?? tokenInProtocols(headers['sec-websocket-protocol']);
  return token === undefined ? { kind: 'unknown' } : { kind: 'bearer', token };
}

function wireRequest(
  { method = 'GET', url = '/', headers }: IncomingMessage,
  body: Buffer = Buffer.alloc(0),
): WireRequest {
  return { method, url, headers, body };
}
