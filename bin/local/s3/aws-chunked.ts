import { RequestFault } from '../http-messages';

/** Checks the signature of each piece of a signed stream, in order. */
export interface ChunkVerifier {
  /** @param sha256 of the piece, as hex */
  verifyChunk(sha256: string, signature: string | undefined): void;
  /** @param trailers as they were signed: `name:value` and a line feed each */
  verifyTrailers(trailers: string, signature: string | undefined): void;
}

/** Called with every piece of data; gives the hash of what came since the last call of `end`. */
export interface ChunkHash {
  update(data: Buffer): void;
  end(): string;
}

/** Longest line of the framing: a size with a signature, or one trailer. */
const MAX_LINE_BYTES = 4_096;
const TRAILER_SIGNATURE = 'x-amz-trailer-signature';

/**
 * Takes the framing `aws-chunked` off a body: `<hex size>[;chunk-signature=…]`, the data, and so on up to size 0, then the
 * trailers. Gives the data in pieces as they come, so that memory does not grow with the chunk.
 *
 * @param trailers filled with the trailing headers, lower-case, once the stream is over
 * @throws RequestFault 400 when the framing is broken or incomplete
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
  signed?: { readonly verifier: ChunkVerifier; readonly hash: ChunkHash },
): AsyncGenerator<Buffer> {
  const reader = new FrameReader(source);
  for (;;) {
    const [size = '', ...extensions] = (await reader.line()).split(';');
    if (!/^[0-9a-fA-F]{1,12}$/.test(size)) throw malformed(`"${size}" is not the size of a chunk`);
    const signature = /^chunk-signature=([0-9a-f]{64})$/.exec(extensions.join(';'))?.[1];
    let rest = Number.parseInt(size, 16);
    const isLast = rest === 0;
    while (rest > 0) {
      const piece = await reader.upTo(rest);
      rest -= piece.length;
      signed?.hash.update(piece);
      yield piece;
    }
    signed?.verifier.verifyChunk(signed.hash.end(), signature);
    if (isLast) break;
    if ((await reader.line()) !== '') throw malformed('a chunk is longer than its stated size');
  }

  let signature: string | undefined;
  let text = '';
  for (let line = await reader.line(); line !== ''; line = await reader.line()) {
    const [name = '', value = ''] = line.split(/:(.*)/s).map((part) => part.trim());
    if (name.toLowerCase() === TRAILER_SIGNATURE) signature = value;
    else {
      trailers.set(name.toLowerCase(), value);
      text += `${name.toLowerCase()}:${value}\n`;
    }
  }
  if (text !== '') signed?.verifier.verifyTrailers(text, signature);
}

/** Reads lines and runs of bytes from a stream. */
class FrameReader {
  private readonly source: AsyncIterator<Buffer>;
  private buffer: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** The next line without its end. The end of the stream ends the last line. */
  public async line(): Promise<string> {
    for (;;) {
      const end = this.buffer.indexOf('\r\n');
      if (end >= 0 && end <= MAX_LINE_BYTES) {
        const line = this.buffer.toString('latin1', 0, end);
        this.buffer = this.buffer.subarray(end + 2);
        return line;
      }
      if (this.buffer.length > MAX_LINE_BYTES) throw malformed('a line of the framing is too long');
      if (!(await this.more())) {
        // Some clients leave out the line end after the last trailer.
        const line = this.buffer.toString('latin1');
        this.buffer = Buffer.alloc(0);
        return line;
      }
    }
  }

  /** At least one byte and at most `size`. */
  public async upTo(size: number): Promise<Buffer> {
    if (this.buffer.length === 0 && !(await this.more())) throw malformed('the body ends in the middle of a chunk');
    const piece = this.buffer.subarray(0, size);
    this.buffer = this.buffer.subarray(piece.length);
    return piece;
  }

  private async more(): Promise<boolean> {
    const next = await this.source.next();
    if (next.done === true) return false;
    this.buffer = this.buffer.length === 0 ? next.value : Buffer.concat([this.buffer, next.value]);
    return true;
  }
}

function malformed(detail: string): RequestFault {
  return new RequestFault(400, 'IncompleteBody', `the aws-chunked body is broken: ${detail}`);
}
