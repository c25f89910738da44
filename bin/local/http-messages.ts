import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** A request that is answered with an error: the status, the code that programs read, the sentence that people read. */
export class RequestFault extends Error {
  constructor(
    public readonly status: number,
    public readonly code: string,
    message: string,
    public readonly headers: OutgoingHttpHeaders = {},
  ) {
    super(message);
  }
}

/** Decodes a part of a path or query. */
export function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RequestFault(400, 'ValidationException', `"${text}" in the address is not percent-encoded UTF-8`);
  }
}

/** Answers with one JSON document. */
export function sendJson(res: ServerResponse, status: number, body: unknown, headers: OutgoingHttpHeaders = {}): void {
  if (res.headersSent) return;
  const text = JSON.stringify(body);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers });
  res.end(text);
}

/** The form in which AWS's JSON services report an error: the type in a header, the sentence in the body. */
export function sendAwsFault(res: ServerResponse, fault: RequestFault, requestId: string): void {
  sendJson(
    res,
    fault.status,
    { message: fault.message },
    { 'x-amzn-errortype': fault.code, 'x-amzn-requestid': requestId, ...fault.headers },
  );
}

/** The form in which the agent itself reports a refused request. */
export function sendPlainFault(res: ServerResponse, fault: RequestFault): void {
  sendJson(res, fault.status, { error: { code: fault.code, message: fault.message } }, fault.headers);
}

/**
 * Reads a whole request body.
 *
 * @param limit largest accepted size in bytes
 * @throws RequestFault 413 when there is more
 */
export async function readBody(message: IncomingMessage, limit: number): Promise<Buffer> {
  const stated = Number(message.headers['content-length'] ?? 0);
  const { bytes, isWhole } =
    stated > limit ? { bytes: Buffer.alloc(0), isWhole: false } : await readUpTo(message, limit);
  if (!isWhole) {
    throw new RequestFault(413, 'PAYLOAD_TOO_LARGE', `the request body is larger than ${String(limit)} bytes`);
  }
  return bytes;
}

/**
 * Reads a message up to `limit` bytes. The rest is drained and dropped, because a sender that is cut off in the middle
 * does not read its answer.
 */
export async function readUpTo(
  message: IncomingMessage,
  limit: number,
): Promise<{ readonly bytes: Buffer; readonly isWhole: boolean }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let room = limit;
    message.on('data', (chunk: Buffer) => {
      if (room >= 0) chunks.push(chunk.subarray(0, room));
      room -= chunk.length;
      if (room < 0) resolve({ bytes: Buffer.concat(chunks), isWhole: false });
    });
    message.once('end', () => {
      resolve({ bytes: Buffer.concat(chunks), isWhole: true });
    });
    message.once('error', reject);
    message.once('close', () => {
      reject(new Error('the connection was closed in the middle of a message'));
    });
  });
}
