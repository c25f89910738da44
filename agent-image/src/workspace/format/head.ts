import { WorkspaceDamaged } from './entries.ts';
import { hashOf } from './frames.ts';
import { FORMAT_VERSION } from './limits.ts';

/** An object that HEAD names. */
export interface ObjectReference {
  readonly id: string;
  /** In bytes. */
  readonly length: number;
}

export interface ManifestReference extends ObjectReference {
  readonly hash: string;
}

/** What a workspace is at one time, or where that is written. */
export interface Head {
  /** Counts the commits. */
  readonly generation: number;
  /** Names this commit, as nothing else is named. */
  readonly commit: string;
  /** Who wrote it: one running container. */
  readonly writer: string;
  /** ISO 8601. */
  readonly committed_at: string;
  /** When objects that nothing needs were last looked for; ISO 8601. */
  readonly collected_at: string;
  /** To be applied one after the other, then the one within HEAD. */
  readonly manifests: readonly ManifestReference[];
  readonly packs: readonly ObjectReference[];
}

/** HEAD with the latest changes, which it holds itself. */
export interface HeadObject {
  readonly head: Head;
  /** A manifest as it is stored; empty when there is none. */
  readonly manifest: Buffer;
  /** The pack that has no object of its own yet. */
  readonly pack: Buffer;
}

interface HeadLine extends Head {
  readonly inline: { readonly manifest: number; readonly pack: number; readonly hash: string };
}

const MAGIC = 'agent-workspace';
const NEWLINE = 0x0a;

/** What to do about a version that is not known: an earlier HEAD would undo what was done since. */
const DEPLOY_LATER = 'Deploy the release that has kept it, or a later one';

/** `agent-workspace <version>`, a line of JSON, then manifest and pack. */
export function encodeHead({ head, manifest, pack }: HeadObject): Buffer {
  const hash = hashOf(Buffer.concat([manifest, pack]));
  const line: HeadLine = { ...head, inline: { manifest: manifest.length, pack: pack.length, hash } };
  return Buffer.concat([Buffer.from(`${MAGIC} ${FORMAT_VERSION}\n${JSON.stringify(line)}\n`), manifest, pack]);
}

/** @throws WorkspaceDamaged, also for versions that are not known */
export function decodeHead(stored: Buffer): HeadObject {
  const [first, afterFirst] = lineAt(stored, 0);
  const [magic, version] = first.split(' ');
  check(magic === MAGIC, 'does not begin as HEAD of a workspace');
  if (Number(version) > FORMAT_VERSION) {
    const known = `${FORMAT_VERSION} is the latest that is known here`;
    throw new WorkspaceDamaged('its HEAD', `has version ${version} of the format, and ${known}`, DEPLOY_LATER);
  }
  check(Number(version) === FORMAT_VERSION, 'has no version of the format');
  const [second, afterSecond] = lineAt(stored, afterFirst);
  const line = parse(second);
  const binary = stored.subarray(afterSecond);
  const { inline, ...head } = line;
  check(binary.length === inline.manifest + inline.pack && hashOf(binary) === inline.hash, 'is cut or changed');
  return { head, manifest: binary.subarray(0, inline.manifest), pack: binary.subarray(inline.manifest) };
}

function lineAt(stored: Buffer, from: number): readonly [string, number] {
  const end = stored.indexOf(NEWLINE, from);
  check(end >= 0, 'is cut');
  return [stored.toString('utf8', from, end), end + 1];
}

function parse(text: string): HeadLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const line = (value ?? {}) as Partial<HeadLine>;
  const isSound =
    Number.isSafeInteger(line.generation) &&
    [line.commit, line.writer, line.committed_at, line.collected_at].every((field) => typeof field === 'string') &&
    isReferences(line.manifests) &&
    isReferences(line.packs) &&
    isLength(line.inline?.manifest) &&
    isLength(line.inline?.pack);
  check(isSound, 'lacks fields');
  return line as HeadLine;
}

/** Ids become parts of keys, so they must not lead elsewhere. */
function isReferences(value: unknown): boolean {
  const isReference = ({ id, length }: Partial<ObjectReference>): boolean =>
    typeof id === 'string' && /^[A-Za-z0-9_-]{8,64}$/.test(id) && isLength(length);
  return Array.isArray(value) && value.every((item: unknown) => isReference((item ?? {}) as Partial<ObjectReference>));
}

function isLength(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function check(sound: boolean, why: string): asserts sound {
  if (!sound) {
    throw new WorkspaceDamaged('its HEAD', why);
  }
}
