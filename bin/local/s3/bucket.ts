import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Checksum } from './checksum';
import { requireWriteConditions, type WriteConditions } from './conditions';
import { DataFiles, type Segment } from './data-files';
import { JsonFiles } from './json-files';
import { KeyIndex } from './key-index';
import { Uploads } from './uploads';

/** An object as it is kept. */
export interface StoredObject {
  readonly key: string;
  /** With its quotation marks. */
  readonly etag: string;
  readonly size: number;
  /** Milliseconds since the epoch, in whole seconds as in S3's answers. */
  readonly modified: number;
  readonly segments: readonly Segment[];
  /** What the caller gave and gets back: content-type, x-amz-meta-… and the like, lower-case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum?: Checksum;
}

/**
 * The objects of one bucket, on disk: a JSON document for each key, which names the files with the bytes. Everything that
 * decides (conditions, replacing a document) happens without waiting, so that no two requests can come in between.
 */
export class Bucket {
  public readonly data: DataFiles;
  public readonly uploads: Uploads;
  private readonly documents: JsonFiles<StoredObject>;
  private readonly objects: Map<string, StoredObject>;
  private readonly index: KeyIndex;

  /** Opens the bucket in `directory`, which is made when it is missing, and tidies up after an interrupted run. */
  constructor(
    public readonly name: string,
    directory: string,
  ) {
    this.data = new DataFiles(join(directory, 'data'));
    this.documents = new JsonFiles(join(directory, 'objects'));
    this.objects = new Map(this.documents.readAll().map((object) => [object.key, object]));
    this.index = new KeyIndex(this.objects.keys());
    this.uploads = new Uploads(join(directory, 'uploads'), this.data);
    const used = [...this.objects.values()].flatMap(({ segments }) => segments);
    this.uploads.endCompleted(new Set(used.map(({ file }) => file)));
    this.data.keepOnly([...used, ...this.uploads.segments()]);
  }

  public get isEmpty(): boolean {
    return this.objects.size === 0;
  }

  public get keys(): Pick<KeyIndex, 'from' | 'after' | 'afterPrefix'> {
    return this.index;
  }

  public get(key: string): StoredObject | undefined {
    return this.objects.get(key);
  }

  /**
   * Puts an object in the place of the one with its key, if any.
   *
   * @throws RequestFault when the conditions do not hold; the bytes stay the caller's to drop
   */
  public put(content: Omit<StoredObject, 'modified'>, conditions: WriteConditions = {}): StoredObject {
    const before = this.objects.get(content.key);
    const object = { ...content, modified: Math.floor(Date.now() / 1000) * 1000 };
    requireWriteConditions(before?.etag, conditions);
    this.documents.write(documentName(object.key), object);
    this.objects.set(object.key, object);
    this.index.add(object.key);
    if (before !== undefined) this.data.drop(before.segments);
    return object;
  }

  /**
   * Removes the object with this key; there need not be one.
   *
   * @throws RequestFault when the conditions do not hold
   */
  public delete(key: string, conditions: WriteConditions = {}): void {
    const object = this.objects.get(key);
    requireWriteConditions(object?.etag, conditions);
    if (object === undefined) return;
    this.documents.remove(documentName(key));
    this.objects.delete(key);
    this.index.remove(key);
    this.data.drop(object.segments);
  }
}

/** Keys may be anything, names of files may not. */
function documentName(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
