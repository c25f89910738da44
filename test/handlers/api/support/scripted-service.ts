import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A service of AWS that answers as the test says, and remembers what it was asked. */
export class ScriptedService {
  readonly requests: { readonly path: string; readonly body: string; readonly headers: IncomingMessage['headers'] }[] =
    [];
  answer: (body: string) => ScriptedReply;
  readonly #server: Server;

  private constructor(answer: (body: string) => ScriptedReply) {
    this.answer = answer;
    this.#server = createServer((req, res) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of req) chunks.push(chunk as Buffer);
        const body = Buffer.concat(chunks).toString('utf8');
        this.requests.push({ path: req.url ?? '', body, headers: req.headers });
        const reply = this.answer(body);
        res.writeHead(reply.status, reply.headers).end(reply.body);
      })();
    });
  }

  static async start(answer: (body: string) => ScriptedReply): Promise<ScriptedService> {
    const service = new ScriptedService(answer);
    await new Promise<void>((resolve) => service.#server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  get url(): string {
    return urlOf(this.#server);
  }

  close(): Promise<void> {
    return closed(this.#server);
  }
}

export function urlOf(server: Server): string {
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

export async function closed(server: Server): Promise<void> {
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await done;
}

/** AWS STS as it answers AssumeRole: the user of the tag is in the credentials, so that tests see who asks on. */
export function assumedRole(body: string): ScriptedReply {
  const user = new URLSearchParams(body).get('Tags.member.1.Value') ?? 'nobody';
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  return {
    status: 200,
    headers: { 'content-type': 'text/xml' },
    body: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIA-${user}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>session-of-${user}</SessionToken><Expiration>${expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
  };
}
