import { EventStreamCodec } from '@smithy/eventstream-codec';
import { fromUtf8, toUtf8 } from '@smithy/util-utf8';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** One call of a session, as it came over the wire: blobs are base64. */
export interface InterpreterCall {
  readonly session: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** What an answer has in place of a stream: an error of the service. */
export interface ServiceFault {
  readonly status: number;
  readonly type: string;
  readonly message?: string;
}

/** What is answered to a call. */
export type InterpreterReply =
  | { readonly results: readonly object[] }
  /** In the stream: as the wire format marks exceptions, or as an event of that name. */
  | {
      readonly exception: string;
      readonly message?: string;
      readonly as?: 'exception' | 'event';
      /** What comes before it. */
      readonly results?: readonly object[];
    }
  | { readonly fault: ServiceFault }
  /** An answer that begins and never ends. */
  | { readonly hangs: true };

export type InterpreterScript = (call: InterpreterCall) => InterpreterReply;

/** A result of text, as `executeCode` gives it. */
export function textResult(text: string, structured: object = {}, isError = false): InterpreterReply {
  const content = [{ type: 'text', text }];
  return {
    results: [{ content, structuredContent: { stdout: text, stderr: '', exitCode: 0, ...structured }, isError }],
  };
}

const codec = new EventStreamCodec(toUtf8, fromUtf8);

/** The data plane of AgentCore's code interpreter on loopback, with sessions that live until they are ended. */
export class ScriptedInterpreter {
  script: InterpreterScript;
  /** What a call to a session that has ended is refused with. */
  refusal: ServiceFault = { status: 404, type: 'ResourceNotFoundException', message: 'no such session' };
  /** Taken by the next requests to start a session, one each. */
  readonly startFaults: ServiceFault[] = [];
  /** Taken by the next questions about a session, one each. */
  readonly getFaults: ServiceFault[] = [];
  /** Taken by the next requests to end a session, one each; undefined never answers. */
  readonly stopFaults: (ServiceFault | undefined)[] = [];
  /** Bodies of the requests that started a session. */
  readonly starts: Readonly<Record<string, unknown>>[] = [];
  readonly calls: InterpreterCall[] = [];
  /** Of all requests, by the end of their path: `start`, `invoke`, `get` or `stop`. */
  readonly headers: { readonly operation: string; readonly headers: IncomingHttpHeaders }[] = [];
  /** Sessions that were asked about. */
  readonly asked: string[] = [];
  /** Sessions that were ended by request. */
  readonly stopped: string[] = [];
  /** Waited for before a start is answered, with the session living already. */
  started: () => void | Promise<void> = () => undefined;
  /** How many answers are not at their end. */
  open = 0;
  readonly #alive = new Set<string>();
  /** What each session was started as. */
  readonly #names = new Map<string, unknown>();
  readonly #server = createServer((req, res) => {
    buffer(req).then(
      (body) => this.#serve(req, res, body),
      () => res.destroy(),
    );
  });

  private constructor(script: InterpreterScript) {
    this.script = script;
  }

  static async start(script: InterpreterScript): Promise<ScriptedInterpreter> {
    const interpreter = new ScriptedInterpreter(script);
    interpreter.#server.listen(0, '127.0.0.1');
    await once(interpreter.#server, 'listening');
    return interpreter;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get alive(): readonly string[] {
    return [...this.#alive];
  }

  /** Has a session that somebody started as `name`. */
  has(session: string, name: string): void {
    this.#alive.add(session);
    this.#names.set(session, name);
  }

  /** Ends a session as its time limit does. */
  expire(session: string): void {
    this.#alive.delete(session);
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #serve(req: IncomingMessage, res: ServerResponse, body: Buffer): void {
    this.open += 1;
    res.on('close', () => (this.open -= 1));
    const url = new URL(req.url ?? '/', 'http://localhost');
    const [, interpreter, operation] = /^\/code-interpreters\/([^/]+)\/(.+)$/.exec(url.pathname) ?? [];
    this.headers.push({ operation: operation?.split('/').at(-1) ?? '', headers: req.headers });
    const session = url.searchParams.get('sessionId') ?? String(req.headers['x-amzn-code-interpreter-session-id']);
    const input = body.length === 0 ? {} : (JSON.parse(body.toString('utf8')) as Record<string, unknown>);
    switch (`${req.method ?? ''} ${operation ?? ''}`) {
      case 'PUT sessions/start':
        return this.#start(res, interpreter, input);
      case 'PUT sessions/stop':
        return this.#stop(res, interpreter, session);
      case 'GET sessions/get': {
        this.asked.push(session);
        const fault = this.getFaults.shift();
        if (fault) return fail(res, fault);
        return json(res, 200, {
          ...{ codeInterpreterIdentifier: interpreter, sessionId: session, createdAt: '2026-11-21T12:00:00Z' },
          ...{ name: this.#names.get(session), status: this.#alive.has(session) ? 'READY' : 'TERMINATED' },
        });
      }
      case 'POST tools/invoke':
        return this.#invoke(res, { session, name: String(input.name), arguments: input.arguments as object as InterpreterCall['arguments'] }); // prettier-ignore
      default:
        return fail(res, { status: 404, type: 'UnknownOperationException' });
    }
  }

  #start(res: ServerResponse, interpreter: string | undefined, input: Readonly<Record<string, unknown>>): void {
    this.starts.push(input);
    const fault = this.startFaults.shift();
    if (fault) return fail(res, fault);
    const session = `session-${this.starts.length}`;
    this.#alive.add(session);
    this.#names.set(session, input.name);
    const createdAt = '2026-11-21T12:00:00Z';
    void Promise.resolve(this.started()).then(() =>
      json(res, 200, { codeInterpreterIdentifier: interpreter, sessionId: session, createdAt }),
    );
  }

  #stop(res: ServerResponse, interpreter: string | undefined, session: string): void {
    this.stopped.push(session);
    if (this.stopFaults.length > 0) {
      const fault = this.stopFaults.shift();
      return fault ? fail(res, fault) : undefined;
    }
    this.#alive.delete(session);
    const lastUpdatedAt = '2026-11-21T12:00:00Z';
    json(res, 200, { codeInterpreterIdentifier: interpreter, sessionId: session, lastUpdatedAt });
  }

  #invoke(res: ServerResponse, call: InterpreterCall): void {
    this.calls.push(call);
    if (!this.#alive.has(call.session)) {
      return fail(res, this.refusal);
    }
    const reply = this.script(call);
    if ('fault' in reply) return fail(res, reply.fault);
    res.writeHead(200, {
      'content-type': 'application/vnd.amazon.eventstream',
      'x-amzn-code-interpreter-session-id': call.session,
    });
    if ('hangs' in reply) return res.flushHeaders();
    reply.results?.forEach((result) => res.write(frame('event', 'result', result)));
    if (!('exception' in reply)) return void res.end();
    const { exception, message = 'a reason', as = 'exception' } = reply;
    res.end(frame(as, exception, { message }));
  }
}

function json(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json' });
  res.end(JSON.stringify(body));
}

function fail(res: ServerResponse, { status, type, message = 'a reason' }: ServiceFault): void {
  res.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
  res.end(JSON.stringify({ message }));
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
