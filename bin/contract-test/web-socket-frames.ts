import { randomBytes } from 'node:crypto';

/** Kinds of frames, by RFC 6455. */
export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Takes the bytes that a server sends apart into frames. */
export class FrameReader {
  #pending = Buffer.alloc(0);

  /** The frames that are complete now. */
  read(chunk: Buffer): Frame[] {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame; frame = this.#next()) {
      frames.push(frame);
    }
    return frames;
  }

  #next(): Frame | undefined {
    const header = lengthOf(this.#pending);
    if (!header || this.#pending.length < header.start + header.length) {
      return undefined;
    }
    const end = header.start + header.length;
    const frame = { opcode: this.#pending.readUInt8(0) & 0x0f, payload: this.#pending.subarray(header.start, end) };
    this.#pending = this.#pending.subarray(end);
    return frame;
  }
}

/** Servers do not mask, so that the payload follows its length. */
function lengthOf(bytes: Buffer): { readonly start: number; readonly length: number } | undefined {
  if (bytes.length < 2) {
    return undefined;
  }
  const short = bytes.readUInt8(1) & 0x7f;
  if (short < 126) {
    return { start: 2, length: short };
  }
  const start = short === 126 ? 4 : 10;
  if (bytes.length < start) {
    return undefined;
  }
  return { start, length: short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)) };
}

/** A whole message of a client as one frame. */
export function maskedFrame(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x80 | opcode]), maskedLength(payload.length), mask, masked]);
}

function maskedLength(length: number): Buffer {
  if (length < 126) {
    return Buffer.from([0x80 | length]);
  }
  const bytes = Buffer.alloc(length < 65_536 ? 3 : 9);
  if (length < 65_536) {
    bytes.writeUInt8(0x80 | 126);
    bytes.writeUInt16BE(length, 1);
  } else {
    bytes.writeUInt8(0x80 | 127);
    bytes.writeBigUInt64BE(BigInt(length), 1);
  }
  return bytes;
}
