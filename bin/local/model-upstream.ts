import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { ModelBackend } from './endpoints/bedrock-runtime';
import { RequestFault } from './http-messages';
import { sign, type AwsCredentials } from './sigv4';

/** Headers that belong to one connection or to the agent's own signature. */
const NOT_FORWARDED = /^(host|connection|keep-alive|transfer-encoding|content-length|expect|authorization|x-amz-.*)$/;

export interface UpstreamOptions {
  /** The person's own credentials, asked for again for each call, because they may be short-lived. */
  readonly credentials: () => Promise<AwsCredentials>;
  /** @default - the endpoint of the Region */
  readonly runtimeEndpoint?: string;
  /** @default - the endpoint of the Region */
  readonly controlEndpoint?: string;
}

/**
 * Sends authorized model calls to Amazon Bedrock, signed again with the person's credentials. The agent sees neither
 * them nor AWS.
 */
export function bedrockUpstream(options: UpstreamOptions): ModelBackend {
  return async (req, res, body, region) => {
    const isModelCall = req.url?.startsWith('/model/') === true;
    const endpoint = new URL(
      (isModelCall ? options.runtimeEndpoint : options.controlEndpoint) ??
        `https://bedrock${isModelCall ? '-runtime' : ''}.${region}.amazonaws.com`,
    );
    const url = `${endpoint.pathname.replace(/\/$/, '')}${req.url ?? '/'}`;
    const method = req.method ?? 'GET';
    const kept = Object.entries(req.headers).flatMap(([name, value]) =>
      value === undefined || NOT_FORWARDED.test(name) ? [] : [[name, String(value)] as const],
    );
    const abort = new AbortController();
    const abandon = (): void => {
      abort.abort();
    };
    res.once('close', abandon);
    try {
      const headers = await sign(
        { method, url, headers: { ...Object.fromEntries(kept), host: endpoint.host }, body },
        { credentials: await options.credentials(), region, service: 'bedrock' },
      );
      const answer = await send(endpoint, { method, path: url, headers, signal: abort.signal }, body);
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      await pipeline(answer, res);
    } catch (error) {
      if (res.headersSent || abort.signal.aborted) {
        res.destroy();
        return;
      }
      const reason = error instanceof Error ? error.message : String(error);
      throw new RequestFault(
        503,
        'ServiceUnavailableException',
        `Amazon Bedrock at ${endpoint.host} could not be called: ${reason}`,
      );
    }
  };
}

function send(endpoint: URL, options: RequestOptions, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = endpoint.protocol === 'http:' ? httpRequest : httpsRequest;
    request(endpoint, { ...options, agent: false }, resolve)
      .once('error', reject)
      .end(body);
  });
}
