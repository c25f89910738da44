import { RequestFault } from '../http-messages';
import { CHECKSUM_ALGORITHMS, combineChecksums, type Checksum, type statedChecksum } from './checksum';
import type { Upload, UploadedPart } from './uploads';
import { childText, type XmlElement } from '../xml';

/** Source: "Amazon S3 multipart upload limits", of every part but the last. */
const MIN_PART_BYTES = 5 * 1024 * 1024;

interface WantedPart {
  readonly number: number;
  readonly etag: string;
  readonly checksum?: string;
}

/** What a caller lists to complete an upload. */
export function readWantedPart(part: XmlElement): WantedPart {
  const checksum = CHECKSUM_ALGORITHMS.flatMap((algorithm) => childText(part, checksumElement(algorithm)) ?? [])[0];
  return {
    number: Number(childText(part, 'PartNumber')),
    etag: (childText(part, 'ETag') ?? '').replaceAll('"', ''),
    ...(checksum === undefined ? {} : { checksum }),
  };
}

/**
 * The parts that an object is made of.
 *
 * @throws RequestFault 400 when a part is missing, is another one, or is too small
 */
export function chooseParts(wanted: readonly WantedPart[], uploaded: readonly UploadedPart[]): UploadedPart[] {
  if (wanted.length === 0) throw new RequestFault(400, 'MalformedXML', 'the list of parts is empty');
  if (wanted.some(({ number }, index) => number <= (wanted[index - 1]?.number ?? 0))) {
    throw new RequestFault(400, 'InvalidPartOrder', 'the parts must be listed in ascending order of their numbers');
  }
  const known = new Map(uploaded.map((part) => [part.number, part]));
  return wanted.map(({ number, etag, checksum }, index) => {
    const part = known.get(number);
    if (
      part === undefined ||
      part.etag !== `"${etag}"` ||
      (checksum ?? part.checksum?.value) !== part.checksum?.value
    ) {
      throw new RequestFault(
        400,
        'InvalidPart',
        `part ${String(number)} was not uploaded with the ETag "${etag}" and, if one is given, that checksum`,
      );
    }
    if (index < wanted.length - 1 && part.segment.size < MIN_PART_BYTES) {
      throw new RequestFault(
        400,
        'EntityTooSmall',
        `part ${String(number)} has ${String(part.segment.size)} bytes; all but the last need ${String(MIN_PART_BYTES)}`,
      );
    }
    return part;
  });
}

/**
 * The checksum of the object that the parts make; undefined when the upload was started without one.
 *
 * @param stated what the caller says it is
 * @throws RequestFault 400 when it is another one
 */
export function objectChecksum(
  { algorithm, checksumType }: Upload,
  parts: readonly UploadedPart[],
  stated: ReturnType<typeof statedChecksum>,
): Checksum | undefined {
  if (algorithm === undefined || checksumType === undefined) return undefined;
  const checksum = combineChecksums(
    algorithm,
    checksumType,
    parts.map(({ segment, checksum: own }) => ({
      size: segment.size,
      ...(own === undefined ? {} : { checksum: own }),
    })),
  );
  if (stated !== undefined && (stated.algorithm !== algorithm || stated.value !== checksum?.value)) {
    throw new RequestFault(
      400,
      'BadDigest',
      `the ${stated.algorithm} of the object is not ${stated.value}; the parts have ${checksum?.value ?? 'none'}`,
    );
  }
  return checksum;
}

/** The name of the element with a checksum of this algorithm. */
export function checksumElement(algorithm: string): string {
  return `Checksum${algorithm}`;
}
