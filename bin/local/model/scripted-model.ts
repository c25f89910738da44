import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { brokenEvents, messageBody, messageEvents, type StreamEvent } from './message-events';
import { InvalidModelRequest } from './model-request';
import type { ModelRequest, ModelScript, ScriptedMessage, ScriptedReply } from './model-script';

/** A fault in the words of Amazon Bedrock; each protocol writes it in its own. */
export interface ModelFault {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

/** How one provider's protocol puts a scripted answer on the wire. */
export interface ModelProtocol {
  /**
   * Reads a model call; undefined when the request is not one.
   *
   * @throws InvalidModelRequest when it is one and cannot be answered
   */
  readCall(req: IncomingMessage, body: Buffer): ModelRequest | undefined;
  /** Headers of every answer with status 200. */
  headers(streaming: boolean): Record<string, string>;
  /** One event of a streamed answer. */
  event(event: StreamEvent, request: ModelRequest, reply: ScriptedReply): Uint8Array | string;
  /** The last words of a stream that fails. */
  streamFault(fault: Omit<ModelFault, 'status'>): Uint8Array | string;
  sendFault(res: ServerResponse, fault: ModelFault): void;
}

/** A model that says what a script tells it to. */
export interface ScriptedModel {
  /** The newest model calls, oldest first; at most {@link MAX_KEPT_REQUESTS}. */
  readonly requests: readonly ModelRequest[];
  /** Answers one request of the protocol; settles when the answer is out or the client has gone. */
  handle(req: IncomingMessage, res: ServerResponse, body: Buffer): Promise<void>;
}

/** A local run lasts for days and every request repeats the conversation, so older ones are let go. */
export const MAX_KEPT_REQUESTS = 200;

/** Answers model calls of `protocol` with what `script` says. */
export function createScriptedModel(script: ModelScript, protocol: ModelProtocol): ScriptedModel {
  const requests: ModelRequest[] = [];
  return {
    requests,
    async handle(req, res, body) {
      const gone = new AbortController();
      res.once('close', () => gone.abort());
      if (res.destroyed) {
        return;
      }
      try {
        const request = protocol.readCall(req, body);
        if (request === undefined) {
          const what = `${req.method ?? 'GET'} ${req.url ?? '/'}`;
          const message = `the scripted model does not serve ${what}`;
          protocol.sendFault(res, { status: 404, type: 'ResourceNotFoundException', message });
          return;
        }
        requests.push(request);
        requests.splice(0, requests.length - MAX_KEPT_REQUESTS);
        const reply = await untilGone(script(request), gone.signal);
        await new ReplySender(protocol, request, res, gone.signal).send(reply);
      } catch (error) {
        if (gone.signal.aborted) {
          return;
        }
        if (error instanceof InvalidModelRequest) {
          protocol.sendFault(res, { status: 400, type: 'ValidationException', message: error.message });
          return;
        }
        throw error;
      }
    },
  };
}

/** Sends one reply; rejects as soon as the client has gone. */
class ReplySender {
  constructor(
    private readonly protocol: ModelProtocol,
    private readonly request: ModelRequest,
    private readonly res: ServerResponse,
    private readonly gone: AbortSignal,
  ) {}

  public async send(reply: ScriptedReply): Promise<void> {
    const { protocol, request, res } = this;
    switch (reply.kind) {
      case 'message':
        return request.streaming ? this.stream(reply) : this.sendWhole(reply);
      case 'fault':
        return protocol.sendFault(res, reply);
      case 'mid-stream-fault':
        if (!request.streaming) {
          return protocol.sendFault(res, { ...reply, status: 500 });
        }
        await this.streamBroken(reply, reply.text);
        res.end(protocol.streamFault(reply));
        return;
      case 'cut':
        if (request.streaming && reply.text !== undefined) {
          await this.streamBroken(reply, reply.text);
        }
        res.destroy();
        return;
      case 'hang':
        return untilGone(new Promise<void>(() => undefined), this.gone);
    }
  }

  private async sendWhole(reply: ScriptedMessage): Promise<void> {
    await untilGone(reply.gate ?? Promise.resolve(), this.gone);
    this.res.writeHead(200, this.protocol.headers(false));
    this.res.end(JSON.stringify(messageBody(this.request, reply)));
  }

  private async stream(reply: ScriptedMessage): Promise<void> {
    const events = messageEvents(this.request, reply);
    const isDelta = (event: StreamEvent): boolean => event.type === 'content_block_delta';
    const first = events.findIndex(isDelta);
    const last = events.findLastIndex(isDelta);
    this.res.writeHead(200, this.protocol.headers(true));
    for (const [index, event] of events.entries()) {
      if (isDelta(event) && index > first && reply.deltaDelayMs) {
        await sleep(reply.deltaDelayMs, undefined, { signal: this.gone });
      }
      if (index === last && reply.gate) {
        await untilGone(reply.gate, this.gone);
      }
      await this.write(event, reply);
    }
    this.res.end();
  }

  private async streamBroken(reply: ScriptedReply, text: string): Promise<void> {
    this.res.writeHead(200, this.protocol.headers(true));
    for (const event of brokenEvents(this.request, text)) {
      await this.write(event, reply);
    }
  }

  /**
   * Settles when the bytes are handed to the system, so that a connection may be cut right after; also when it is gone,
   * which is told by its `close`.
   */
  private write(event: StreamEvent, reply: ScriptedReply): Promise<void> {
    const bytes = this.protocol.event(event, this.request, reply);
    const written = new Promise<void>((resolve) => {
      this.res.write(bytes, () => resolve());
    });
    return untilGone(written, this.gone);
  }
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
