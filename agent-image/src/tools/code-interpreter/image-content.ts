/** An image, as MCP and the model take it. */
export interface ImageContent {
  readonly type: 'image';
  /** Base64. */
  readonly data: string;
  readonly mimeType: string;
}

/**
 * Largest image that a model gets, in bytes. Source: Amazon Bedrock, Claude models take images of up to 3.75 MB; what is
 * larger would fail every further call of the conversation.
 */
export const MAX_IMAGE_BYTES = 3_750_000;

interface Format {
  readonly mimeType: string;
  /** One character a byte. */
  readonly begins: string;
  readonly ends: string;
}

/**
 * The formats that models take, by how their files begin and end. The end matters: a file that is only half written
 * would fail the call of the model, and with it every later one.
 */
const FORMATS: readonly Format[] = [
  { mimeType: 'image/png', begins: '\x89PNG\r\n\x1a\n\0\0\0\rIHDR', ends: 'IEND\xaeB`\x82' },
  { mimeType: 'image/jpeg', begins: '\xff\xd8\xff', ends: '\xff\xd9' },
  { mimeType: 'image/gif', begins: 'GIF8', ends: ';' },
  { mimeType: 'image/webp', begins: 'RIFF', ends: '' },
];

/** More than the longest beginning or end. */
const EDGE_BYTES = 32;

/** The image that `bytes` are; undefined for what no model can look at, whatever its sender calls it. */
export function imageOf(bytes: Uint8Array): ImageContent | undefined {
  if (bytes.byteLength > MAX_IMAGE_BYTES) return undefined;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = buffer.toString('latin1', 0, EDGE_BYTES);
  const tail = buffer.toString('latin1', Math.max(0, buffer.length - EDGE_BYTES));
  const format = FORMATS.find(({ begins, ends }) => head.startsWith(begins) && tail.endsWith(ends));
  if (!format || (format.begins === 'RIFF' && !isWholeWebP(buffer))) return undefined;
  return { type: 'image', data: buffer.toString('base64'), mimeType: format.mimeType };
}

/** RIFF files end with nothing of their own, but say what they are and how long. */
function isWholeWebP(buffer: Buffer): boolean {
  return buffer.toString('latin1', 8, 12) === 'WEBP' && buffer.readUInt32LE(4) + 8 <= buffer.length;
}
