import { EventStreamCodec } from '@smithy/eventstream-codec';
import { fromUtf8, toUtf8 } from '@smithy/util-utf8';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { brokenEvents, messageBody, messageEvents, type StreamEvent } from './message-events';
import { InvalidModelRequest, parseModelRequest } from './model-request';
import type { ModelRequest, ModelScript, ScriptedMessage, ScriptedReply } from './model-script';

export type { ModelRequest, ModelRequestBody, ModelScript, ScriptedMessage, ScriptedReply } from './model-script';

export interface ScriptedBedrock {
  /** The newest model calls, oldest first; at most {@link MAX_KEPT_REQUESTS}. */
  readonly requests: readonly ModelRequest[];
  /** Answers one request of the Bedrock Runtime protocol; settles when the answer is out or the client has gone. */
  handle(req: IncomingMessage, res: ServerResponse, body: Buffer): Promise<void>;
}

/** A local run lasts for days and every request repeats the conversation, so older ones are let go. */
export const MAX_KEPT_REQUESTS = 200;

const codec = new EventStreamCodec(toUtf8, fromUtf8);

/** Speaks the wire protocol of Amazon Bedrock Runtime and answers model calls with what `script` says. */
export function createScriptedBedrock(script: ModelScript): ScriptedBedrock {
  const requests: ModelRequest[] = [];
  return {
    requests,
    async handle(req, res, body) {
      const call = modelCall(req);
      if (!call) {
        const what = `${req.method ?? 'GET'} ${req.url ?? '/'}`;
        sendFault(res, 404, 'ResourceNotFoundException', `the scripted model does not serve ${what}`);
        return;
      }
      const gone = new AbortController();
      res.once('close', () => gone.abort());
      if (res.destroyed) {
        return;
      }
      try {
        const request = parseModelRequest(call.modelId, call.streaming, body);
        requests.push(request);
        requests.splice(0, requests.length - MAX_KEPT_REQUESTS);
        await sendReply(request, await untilGone(script(request), gone.signal), res, gone.signal);
      } catch (error) {
        if (gone.signal.aborted) {
          return;
        }
        if (error instanceof InvalidModelRequest) {
          sendFault(res, 400, 'ValidationException', error.message);
          return;
        }
        throw error;
      }
    },
  };
}

function modelCall(req: IncomingMessage): { modelId: string; streaming: boolean } | undefined {
  const path = (req.url ?? '/').split('?')[0] ?? '/';
  const match = /^\/model\/([^/]+)\/(invoke|invoke-with-response-stream)$/.exec(path);
  if (req.method !== 'POST' || !match?.[1]) {
    return undefined;
  }
  try {
    return { modelId: decodeURIComponent(match[1]), streaming: match[2] === 'invoke-with-response-stream' };
  } catch {
    return undefined;
  }
}

async function sendReply(
  request: ModelRequest,
  reply: ScriptedReply,
  res: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  switch (reply.kind) {
    case 'message':
      return request.streaming ? streamMessage(request, reply, res, gone) : sendMessage(request, reply, res, gone);
    case 'fault':
      return sendFault(res, reply.status, reply.type, reply.message, reply.retryAfterSeconds);
    case 'mid-stream-fault':
      if (!request.streaming) {
        return sendFault(res, 500, reply.type, reply.message);
      }
      await streamBroken(request, reply.text, res, gone);
      res.end(frame('exception', reply.type, { message: reply.message }));
      return;
    case 'cut':
      if (request.streaming && reply.text !== undefined) {
        await streamBroken(request, reply.text, res, gone);
      }
      res.destroy();
      return;
    case 'hang':
      return untilGone(new Promise<void>(() => undefined), gone);
  }
}

async function sendMessage(
  request: ModelRequest,
  reply: ScriptedMessage,
  res: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  await untilGone(reply.gate ?? Promise.resolve(), gone);
  res.writeHead(200, { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID() });
  res.end(JSON.stringify(messageBody(request, reply)));
}

async function streamMessage(
  request: ModelRequest,
  reply: ScriptedMessage,
  res: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  const events = messageEvents(request, reply);
  const isDelta = (event: StreamEvent): boolean => event.type === 'content_block_delta';
  const first = events.findIndex(isDelta);
  const last = events.findLastIndex(isDelta);
  startStream(res);
  for (const [index, event] of events.entries()) {
    if (isDelta(event) && index > first && reply.deltaDelayMs) {
      await sleep(reply.deltaDelayMs, undefined, { signal: gone });
    }
    if (index === last && reply.gate) {
      await untilGone(reply.gate, gone);
    }
    await write(res, eventFrame(event), gone);
  }
  res.end();
}

async function streamBroken(request: ModelRequest, text: string, res: ServerResponse, gone: AbortSignal) {
  startStream(res);
  for (const event of brokenEvents(request, text)) {
    await write(res, eventFrame(event), gone);
  }
}

function startStream(res: ServerResponse): void {
  res.writeHead(200, {
    'content-type': 'application/vnd.amazon.eventstream',
    'x-amzn-bedrock-content-type': 'application/json',
    'x-amzn-requestid': randomUUID(),
  });
}

/** Settles when the bytes are handed to the system, so that a connection may be cut right after. */
function write(res: ServerResponse, bytes: Uint8Array, gone: AbortSignal): Promise<void> {
  const written = new Promise<void>((resolve, reject) => {
    res.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
  return untilGone(written, gone);
}

function eventFrame(event: StreamEvent): Uint8Array {
  return frame('event', 'chunk', { bytes: Buffer.from(JSON.stringify(event)).toString('base64'), p: 'abcdefgh' });
}

function frame(messageType: 'event' | 'exception', name: string, body: object): Uint8Array {
  return codec.encode({
    headers: {
      ':message-type': { type: 'string', value: messageType },
      [`:${messageType}-type`]: { type: 'string', value: name },
      ':content-type': { type: 'string', value: 'application/json' },
    },
    body: fromUtf8(JSON.stringify(body)),
  });
}

function sendFault(res: ServerResponse, status: number, type: string, message: string, retryAfterSeconds?: number) {
  res.writeHead(status, {
    'content-type': 'application/json',
    'x-amzn-errortype': type,
    'x-amzn-requestid': randomUUID(),
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  });
  res.end(JSON.stringify({ message }));
}

/** Settles as `work` does, or rejects as soon as the client has gone. */
function untilGone<T>(work: T | Promise<T>, gone: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abandon = (): void => reject(gone.reason as Error);
    if (gone.aborted) {
      abandon();
    }
    gone.addEventListener('abort', abandon, { once: true });
    Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => gone.removeEventListener('abort', abandon));
  });
}
