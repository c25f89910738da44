import { createHash, webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { type Frame, WorkspaceDamaged } from './entries.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** The fastest level: higher ones cost more time than their bytes would take to travel. */
const LEVEL = { [constants.ZSTD_c_compressionLevel]: 1 };

/** Shortest output that zlib collects, in bytes. Each piece of output is a call of its own, so one is to hold all. */
const MIN_CHUNK_BYTES = 64;

/** What does not get shorter than this share of itself is stored as it is. */
const WORTH_COMPRESSING = 0.98;

/** The first 16 bytes of SHA-256, as base64url: against damage, not against people. */
export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest().toString('base64url', 0, 16);
}

/** {@link hashOf} many bytes, in a thread of the pool: this one has files to write meanwhile. */
async function hashApart(bytes: Buffer): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('base64url', 0, 16);
}

export interface EncodedFrame {
  readonly codec: Frame['codec'];
  readonly stored: Buffer;
}

export async function encodeFrame(raw: Buffer): Promise<EncodedFrame> {
  const chunkSize = Math.max(raw.length, MIN_CHUNK_BYTES);
  const stored = await compress(raw, { params: LEVEL, chunkSize });
  return stored.length < raw.length * WORTH_COMPRESSING ? { codec: 'zstd', stored } : { codec: 'raw', stored: raw };
}

/**
 * What a frame holds.
 *
 * @param stored the bytes of the frame as they are in its pack
 * @throws WorkspaceDamaged when they are not what was stored
 */
export async function decodeFrame(frame: Frame, stored: Buffer): Promise<Buffer> {
  const where = `the frame at byte ${frame.offset} of ${frame.pack.id === undefined ? 'HEAD' : `pack ${frame.pack.id}`}`;
  let raw = stored;
  if (frame.codec === 'zstd') {
    // The declared length bounds what is made of it: a few bytes can stand for gigabytes.
    const chunkSize = Math.max(frame.rawLength, MIN_CHUNK_BYTES);
    raw = await decompress(stored, { maxOutputLength: frame.rawLength, chunkSize }).catch((): never => {
      throw new WorkspaceDamaged(where, 'does not decompress to its length');
    });
  }
  if (raw.length !== frame.rawLength || (await hashApart(raw)) !== frame.hash) {
    throw new WorkspaceDamaged(where, 'is not what was stored');
  }
  return raw;
}
