import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface AwsCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

/** `type`: the name of an error of the service. */
export interface AwsReply {
  readonly status?: number;
  readonly type?: string;
  readonly body?: object;
}

/** A service of AWS with a JSON protocol on loopback, which answers as the test says. */
export class ScriptedAws {
  script: (call: AwsCall) => AwsReply | Promise<AwsReply>;
  readonly calls: AwsCall[] = [];
  readonly #http: Server;

  private constructor(script: (call: AwsCall) => AwsReply) {
    this.script = script;
    this.#http = createServer((req, res) => {
      void (async () => {
        const content = await text(req);
        const body = (content === '' ? {} : JSON.parse(content)) as AwsCall['body'];
        const call = { path: req.url ?? '', headers: req.headers, body };
        this.calls.push(call);
        const { status = 200, type, body: answer = {} } = await this.script(call);
        res.writeHead(status, {
          'content-type': 'application/x-amz-json-1.1',
          ...(type && { 'x-amzn-errortype': type }),
        });
        res.end(JSON.stringify({ ...answer, ...(type && { __type: type }) }));
      })().catch(() => res.destroy());
    });
  }

  static async start(script: (call: AwsCall) => AwsReply): Promise<ScriptedAws> {
    const service = new ScriptedAws(script);
    service.#http.listen(0, '127.0.0.1');
    await once(service.#http, 'listening');
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#http.close();
    this.#http.closeAllConnections();
    await once(this.#http, 'close');
  }
}

/** A JWT that nobody signed. */
export function unsignedJwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`;
}
