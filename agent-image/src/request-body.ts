import type { IncomingMessage } from 'node:http';
import { MAX_BODY_BYTES, RefusedRequest } from './protocol.ts';

/**
 * Reads a body. One that is too large is read to its end and thrown away, so that the client, which still sends, gets
 * the answer and may use the connection again.
 *
 * @throws RefusedRequest `PAYLOAD_TOO_LARGE`
 */
export async function readBody(req: IncomingMessage, limit = MAX_BODY_BYTES): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limit) {
      chunks.push(chunk);
    } else {
      chunks.length = 0;
    }
  }
  if (size > limit) {
    throw new RefusedRequest('PAYLOAD_TOO_LARGE', `The body has ${size} bytes: at most ${limit} are read.`);
  }
  return Buffer.concat(chunks);
}
