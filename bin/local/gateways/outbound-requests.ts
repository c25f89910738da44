import { brief, isTold, sentenceOf, TargetFault } from './target-fault';

/** What a gateway sends: headers in lower case, a body that is text. */
export interface OutboundRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** How a gateway proves to one target who it is. */
export interface OutboundCredential {
  /**
   * The request with the credential.
   *
   * @throws RequestFault when the role of the gateway may not get it; TargetFault when a provider does not give it
   */
  authorize(request: OutboundRequest): Promise<OutboundRequest>;
  /** `text` without any credential that was sent. */
  hide(text: string): string;
}

/** What an exchange with a target may take. */
export interface OutboundBounds {
  /** Milliseconds until all has to be answered. */
  readonly timeoutMs: number;
  /** Bytes of all answers together. */
  readonly maxBytes: number;
}

/**
 * A call: clients of the official SDK wait for a minute, so nobody waits for what comes later. The size is that of a payload in
 * "Quotas for Amazon Bedrock AgentCore": 6 MB.
 */
export const CALL_BOUNDS: OutboundBounds = { timeoutMs: 60_000, maxBytes: 6 * 1024 * 1024 };

/** A listing: the start of a run waits for it, and a server that is well answers it in far less than a second. */
export const LISTING_BOUNDS: OutboundBounds = { timeoutMs: 5_000, maxBytes: CALL_BOUNDS.maxBytes };

/** Sends requests to one target, with the credential of the gateway, within the bounds of one exchange. */
export interface Exchange {
  /** Aborted with a TargetFault when a bound is passed. */
  readonly signal: AbortSignal;
  /**
   * Redirects are answers like others.
   *
   * @throws TargetFault when the address is of another origin than the target; RequestFault when the role may not get the
   *   credential
   */
  send(request: OutboundRequest, signal?: AbortSignal | null): Promise<Response>;
}

/**
 * Does `work` with an exchange. What has not been answered when it is done is broken off.
 *
 * @param target only this origin is called, so that the credential goes nowhere else
 * @throws TargetFault for what goes wrong on the way, without the credential in it; RequestFault for a missing permission
 */
export async function exchange<T>(
  target: URL,
  credential: OutboundCredential,
  { timeoutMs, maxBytes }: OutboundBounds,
  work: (exchange: Exchange) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  const timer = setTimeout(() => {
    controller.abort(new TargetFault(`${target.origin} did not answer within ${String(timeoutMs / 1000)} s`));
  }, timeoutMs);
  let room = maxBytes;
  const counted = (chunk: Uint8Array): void => {
    room -= chunk.length;
    if (room < 0)
      controller.abort(new TargetFault(`the answer of ${target.origin} is larger than ${String(maxBytes)} bytes`));
  };
  const send: Exchange['send'] = async (request, ownSignal) => {
    if (request.url.origin !== target.origin) {
      throw new TargetFault(`${target.origin} leads to ${request.url.origin}; a credential is sent to no other origin`);
    }
    const { url, method, headers, body } = await credential.authorize(request);
    const signals = ownSignal == null ? signal : AbortSignal.any([signal, ownSignal]);
    const sent = body === undefined ? {} : { body };
    const answer = await fetch(url, { method, headers, ...sent, redirect: 'manual', signal: signals });
    return counting(answer, counted);
  };
  try {
    return await work({ signal, send });
  } catch (error) {
    const told: unknown = signal.aborted ? signal.reason : error;
    if (isTold(told)) throw told;
    throw new TargetFault(brief(credential.hide(`${target.origin} could not be called: ${sentenceOf(told)}`)), {
      cause: told,
    });
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}

/** The answer, each piece of which is counted before it is read. */
function counting(answer: Response, counted: (chunk: Uint8Array) => void): Response {
  if (answer.body === null) return answer;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      counted(chunk);
      controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = answer;
  return new Response(answer.body.pipeThrough(counter), { status, statusText, headers });
}
