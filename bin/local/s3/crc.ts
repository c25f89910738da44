import { crc32 } from 'node:zlib';

/** A cyclic redundancy check over data that comes in pieces. */
export interface Crc {
  update(data: Uint8Array): void;
  digest(): Buffer;
}

/** CRC-32, as in gzip. */
export class Crc32 implements Crc {
  private value = 0;

  public update(data: Uint8Array): void {
    this.value = crc32(data, this.value);
  }

  public digest(): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.value);
    return bytes;
  }
}

/** CRC-32C (Castagnoli), as in iSCSI. */
export class Crc32c implements Crc {
  private static readonly polynomial = 0x82f63b78;
  private static readonly table = Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? Crc32c.polynomial : 0);
    return value;
  });
  private value = 0xffffffff;

  public update(data: Uint8Array): void {
    let value = this.value;
    for (const byte of data) value = (value >>> 8) ^ (Crc32c.table[(value ^ byte) & 0xff] ?? 0);
    this.value = value;
  }

  public digest(): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE((this.value ^ 0xffffffff) >>> 0);
    return bytes;
  }
}

/** CRC-64/NVME. Two halves of 32 bits: big integers would be slower than the disk. */
export class Crc64Nvme implements Crc {
  private static readonly polynomial = 0x9a6c9329ac4bc9b5n;
  private static readonly table = Array.from({ length: 256 }, (_, index) => {
    let value = BigInt(index);
    for (let bit = 0; bit < 8; bit++) value = (value >> 1n) ^ (value & 1n ? Crc64Nvme.polynomial : 0n);
    return value;
  });
  private static readonly high = Uint32Array.from(Crc64Nvme.table, (value) => Number(value >> 32n));
  private static readonly low = Uint32Array.from(Crc64Nvme.table, (value) => Number(value & 0xffffffffn));
  private high = 0xffffffff;
  private low = 0xffffffff;

  public update(data: Uint8Array): void {
    let { high, low } = this;
    for (const byte of data) {
      const index = (low ^ byte) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (Crc64Nvme.low[index] ?? 0);
      high = (high >>> 8) ^ (Crc64Nvme.high[index] ?? 0);
    }
    this.high = high;
    this.low = low;
  }

  public digest(): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32BE((this.high ^ 0xffffffff) >>> 0, 0);
    bytes.writeUInt32BE((this.low ^ 0xffffffff) >>> 0, 4);
    return bytes;
  }
}

/** The polynomials in reflected form, by the length of the digest in bits; CRC-32 and CRC-32C share one length. */
const POLYNOMIALS = { CRC32: 0xedb88320n, CRC32C: 0x82f63b78n, CRC64NVME: 0x9a6c9329ac4bc9b5n } as const;

/**
 * The check of two pieces of data one after the other, from the checks of each: the first is moved on by the length of
 * the second, which is a multiplication by a power of x in the field of the polynomial.
 *
 * @param secondBytes length of the second piece
 */
export function combineCrc(
  algorithm: keyof typeof POLYNOMIALS,
  first: Buffer,
  second: Buffer,
  secondBytes: number,
): Buffer {
  const polynomial = POLYNOMIALS[algorithm];
  const top = 1n << BigInt(first.length * 8 - 1);
  const times = (left: bigint, right: bigint): bigint => {
    let product = 0n;
    let factor = right;
    for (let bit = top; bit !== 0n; bit >>= 1n) {
      if (left & bit) product ^= factor;
      factor = factor & 1n ? (factor >> 1n) ^ polynomial : factor >> 1n;
    }
    return product;
  };
  // In reflected form the highest bit stands for 1, the next for x; 2^3 of those are one byte.
  let power = top >> 1n;
  for (let doubling = 0; doubling < 3; doubling++) power = times(power, power);
  let moved = BigInt(`0x${first.toString('hex')}`);
  for (let rest = BigInt(secondBytes); rest > 0n; rest >>= 1n) {
    if (rest & 1n) moved = times(moved, power);
    power = times(power, power);
  }
  const combined = moved ^ BigInt(`0x${second.toString('hex')}`);
  return Buffer.from(combined.toString(16).padStart(first.length * 2, '0'), 'hex');
}
