import { request } from 'node:http';
import { sign, type AwsCredentials } from '../../../../bin/local/sigv4';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface SendOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends a request with exactly these headers; `fetch` would set a Host of its own. */
export async function send(
  url: string,
  { method = 'POST', headers = {}, body = '' }: SendOptions = {},
): Promise<Reply> {
  const { hostname, port } = new URL(url);
  // The path is taken from the text: a URL object would rewrite what was signed.
  const path = url.slice(url.indexOf('/', url.indexOf('//') + 2));
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers as Record<string, string>,
          text: Buffer.concat(chunks).toString(),
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Sends a request signed for an AWS service. */
export async function sendSigned(
  url: string,
  credentials: AwsCredentials,
  options: SendOptions & { readonly service?: string; readonly region?: string } = {},
): Promise<Reply> {
  const { method = 'POST', body = '', service = 'bedrock-agentcore', region = 'us-east-1' } = options;
  const path = url.slice(url.indexOf('/', url.indexOf('//') + 2));
  const headers = await sign(
    { method, url: path, headers: { host: new URL(url).host, ...options.headers }, body: Buffer.from(body) },
    { credentials, region, service },
  );
  return send(url, { method, headers, body });
}
