import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { RequestFault } from '../http-messages';
import { combineCrc, Crc32, Crc32c, Crc64Nvme } from './crc';

/** The checksums that callers may send beside the MD5 of old. */
export const CHECKSUM_ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;

export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

/** Whether the checksum of an object in parts is of its bytes, or of the checksums of its parts. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; of a composite one with `-<number of parts>` behind. */
  readonly value: string;
  readonly type: ChecksumType;
}

interface Digest {
  update(data: Uint8Array): void;
  digest(): Buffer;
}

export function createDigest(algorithm: ChecksumAlgorithm): Digest {
  switch (algorithm) {
    case 'CRC32':
      return new Crc32();
    case 'CRC32C':
      return new Crc32c();
    case 'CRC64NVME':
      return new Crc64Nvme();
    case 'SHA1':
    case 'SHA256':
      return createHash(algorithm.toLowerCase());
  }
}

export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** The headers that tell a checksum. */
export function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  return checksum === undefined
    ? {}
    : { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

/**
 * Reads the name of an algorithm, as headers such as `x-amz-sdk-checksum-algorithm` give it.
 *
 * @throws RequestFault 400 for one that is not known
 */
export function readAlgorithm(name: string): ChecksumAlgorithm {
  const algorithm = CHECKSUM_ALGORITHMS.find((one) => one === name.toUpperCase());
  if (algorithm === undefined) {
    throw new RequestFault(
      400,
      'InvalidRequest',
      `the checksum algorithm "${name}" is not known; ${CHECKSUM_ALGORITHMS.join(', ')} are`,
    );
  }
  return algorithm;
}

/**
 * The checksum that a caller states in the headers; undefined when there is none.
 *
 * @throws RequestFault 400 when there are several
 */
export function statedChecksum(
  headers: IncomingHttpHeaders,
): { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined {
  const stated = CHECKSUM_ALGORITHMS.flatMap((algorithm) => {
    const value = headers[checksumHeader(algorithm)];
    return typeof value === 'string' ? [{ algorithm, value }] : [];
  });
  if (stated.length > 1) {
    throw new RequestFault(400, 'InvalidRequest', 'the request has more than one x-amz-checksum header; send one');
  }
  return stated[0];
}

/** A part of an upload, as far as its checksum is concerned. */
interface SummedPart {
  readonly size: number;
  readonly checksum?: Checksum;
}

/**
 * The checksum of the parts one after the other; undefined when a part has none of the algorithm.
 *
 * @param type full-object checksums exist for the CRCs only
 */
export function combineChecksums(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly SummedPart[],
): Checksum | undefined {
  const digests = parts.flatMap(({ checksum, size }) =>
    checksum?.algorithm === algorithm ? [{ size, bytes: Buffer.from(checksum.value, 'base64') }] : [],
  );
  const [first, ...others] = digests;
  if (first === undefined || digests.length < parts.length) return undefined;
  if (type === 'COMPOSITE') {
    const digest = createDigest(algorithm);
    for (const { bytes } of digests) digest.update(bytes);
    return { algorithm, type, value: `${digest.digest().toString('base64')}-${String(parts.length)}` };
  }
  if (algorithm === 'SHA1' || algorithm === 'SHA256') return undefined;
  const whole = others.reduce<Buffer>((sum, { bytes, size }) => combineCrc(algorithm, sum, bytes, size), first.bytes);
  return { algorithm, type, value: whole.toString('base64') };
}
