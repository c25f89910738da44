import { randomUUID } from 'node:crypto';
import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { CredentialStore } from './credentials';
import { allowLocalPages } from './cors';
import { serveAgentCore, type DataPlane } from './endpoints/agentcore';
import { AgentSockets, refusalOf, tokenInProtocols, type Connection } from './endpoints/agent-socket';
import { ANTHROPIC_PATH, serveAnthropic } from './endpoints/anthropic';
import { serveBedrock, type ModelBackend } from './endpoints/bedrock-runtime';
import { isCodeInterpreterPath, serveCodeInterpreter } from './endpoints/code-interpreter';
import type { OidcProvider } from './endpoints/oidc';
import { sendSecretsManagerFault, serveSecretsManager } from './endpoints/secrets-manager';
import { serveBuckets } from './endpoints/s3';
import { serveShortPath } from './endpoints/short-path';
import { sendStsFault, serveSts } from './endpoints/sts';
import { readBody, RequestFault, sendAwsFault, sendPlainFault } from './http-messages';
import type { Interpreters } from './interpreter/interpreters';
import type { ProviderKey } from './model-provider';
import type { ScriptedModel } from './model/scripted-model';
import type { TemplateInterpreter } from './resources/code-interpreter';
import { readPresigned } from './presigned';
import { readBearer, type Caller } from './runtime-access';
import type { RunningRuntime } from './running-runtime';
import type { LocalBuckets } from './s3/local-buckets';
import { sendS3Fault } from './s3/serve-s3';
import type { SecretStore } from './secrets/secret-store';
import { readSignature, type SignatureClaim, type WireRequest } from './sigv4';
import type { RoleDirectory } from './sts/role-directory';

/** AgentCore's payload limit. Source: "Quotas for Amazon Bedrock AgentCore". */
const MAX_BODY_BYTES = 100 * 1024 * 1024;

/**
 * Names under which only this machine reaches the front, those for buckets included; any other may be a web page's,
 * re-bound to 127.0.0.1.
 */
const LOOPBACK_HOST = /^(127\.0\.0\.1|([a-z0-9.-]+\.)?localhost|\[::1\])(:\d+)?$/i;

/** Paths of AgentCore, whose callers sign or bring a token, and of Amazon Bedrock, whose callers sign. */
const AGENTCORE_PATH = /^\/runtimes(\/|\?|$)/;
const BEDROCK_PATH = /^\/(model|inference-profiles)(\/|\?|$)/;

/** What the front needs to answer requests. */
export interface FrontServices extends DataPlane {
  /** The runtime of the short path. */
  readonly served: RunningRuntime;
  readonly credentials: CredentialStore;
  readonly secrets: SecretStore;
  readonly roles: RoleDirectory;
  readonly buckets: LocalBuckets;
  readonly interpreters: Interpreters;
  readonly codeInterpreters: readonly TemplateInterpreter[];
  readonly userPools: readonly OidcProvider[];
  readonly model: ModelBackend;
  /** Stands for providers other than Amazon Bedrock. */
  readonly scriptedProvider: ScriptedModel;
  readonly providerKeys: readonly ProviderKey[];
  readonly log: (line: string) => void;
}

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
    await answerSigned(services, claim, req, res, body, requestId);
  } else if (AGENTCORE_PATH.test(url)) {
    await serveAgentCore(services, unsignedCaller(req), wireRequest(req, body), res, requestId);
  } else if (pool !== undefined) {
    await pool.serve(url.slice(pool.pool.id.length + 1).split('?')[0] ?? '', req, res, body);
  } else if (ANTHROPIC_PATH.test(url)) {
    await serveAnthropic(services.scriptedProvider, services.providerKeys, req, res, body);
  } else {
    await serveShortPath(services.served, services.runtimes, req, res, body, requestId);
  }
}

async function answerSigned(
  services: FrontServices,
  claim: SignatureClaim,
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
  requestId: string,
): Promise<void> {
  const { service, region } = claim;
  const { credentials, audit } = services;
  const request = wireRequest(req, body);
  const authenticate = () => credentials.authenticate(request, claim);
  switch (service) {
    case 'bedrock': {
      const principal = await authenticate();
      return serveBedrock(services.model, audit, principal, { ...principal, region }, req, res, body);
    }
    case 'bedrock-agentcore':
      if (isCodeInterpreterPath(request.url)) {
        return serveCodeInterpreter(services, await authenticate(), region, request, res, requestId);
      }
      return serveAgentCore(services, { kind: 'signed', principal: await authenticate() }, request, res, requestId);
    case 'secretsmanager':
      return serveSecretsManager(services.secrets, audit, await authenticate(), region, request, res, requestId);
    case 'sts':
      return serveSts(services, await authenticate(), request, res, requestId);
    default:
      throw new RequestFault(
        501,
        'NotImplemented',
        `the AWS service "${service}" is not run locally; bedrock, bedrock-agentcore, s3, secretsmanager and sts are`,
      );
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
  const url = req.url ?? '/';
  if (!(error instanceof RequestFault)) {
    // The query may carry a signature or a code; it is nobody's to read in a log.
    const where = `${req.method ?? ''} ${url.split('?')[0] ?? '/'}`;
    log?.(`${where} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  const fault =
    error instanceof RequestFault
      ? error
      : new RequestFault(500, 'InternalServerException', 'the local run failed on this request; its output says why');
  const { authorization } = req.headers;
  const isSigned = authorization?.startsWith('AWS4-') === true;
  const service = /(?:\/|%2F)(s3|sts)(?:\/|%2F)aws4_request/i.exec(`${authorization ?? ''} ${url}`)?.[1];
  if (service === 's3') sendS3Fault(req, res, fault);
  else if (service === 'sts') sendStsFault(res, fault, requestId);
  else if (isSigned && String(req.headers['x-amz-target']).startsWith('secretsmanager.')) {
    sendSecretsManagerFault(res, fault, requestId);
  } else if (isSigned || AGENTCORE_PATH.test(url) || BEDROCK_PATH.test(url)) sendAwsFault(res, fault, requestId);
  else sendPlainFault(res, fault);
}
