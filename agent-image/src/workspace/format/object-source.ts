import { WorkspaceDamaged } from './entries.ts';

/** A part of an object, in bytes. */
export interface ByteRange {
  readonly from: number;
  readonly length: number;
}

export interface StoredObject {
  readonly body: Buffer;
  readonly etag: string;
}

/** Where the objects of one workspace are read from; keys are relative to it. */
export interface ObjectSource {
  /** @returns undefined when there is no such object */
  get(key: string, range?: ByteRange): Promise<StoredObject | undefined>;
}

export const HEAD_KEY = 'HEAD';

export function packKey(id: string): string {
  return `pack/${id}`;
}

export function manifestKey(id: string): string {
  return `man/${id}`;
}

/** An object that HEAD named is gone: a newer HEAD does without it, and is to be read. */
export class ObjectGone extends Error {
  readonly key: string;

  constructor(key: string) {
    super(`The object ${key} of the workspace is gone.`);
    this.name = 'ObjectGone';
    this.key = key;
  }
}

/** @throws ObjectGone */
export async function getObject(source: ObjectSource, key: string, range?: ByteRange): Promise<Buffer> {
  const object = await source.get(key, range);
  if (!object) {
    throw new ObjectGone(key);
  }
  return object.body;
}

/** How often a reader begins again with a newer HEAD. */
const ATTEMPTS = 3;

/**
 * Does what reads HEAD first, again when an object went away meanwhile.
 *
 * @throws WorkspaceDamaged when that happens every time: then the object is missing for good
 */
export async function rereading<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ObjectGone)) {
        throw error;
      }
      if (attempt === ATTEMPTS) {
        throw new WorkspaceDamaged(`the object ${error.key}`, 'is missing');
      }
    }
  }
}
