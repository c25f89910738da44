import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RequestFault } from '../http-messages';
import type { Checksum, ChecksumAlgorithm, ChecksumType } from './checksum';
import type { DataFiles, Segment } from './data-files';
import { JsonFiles } from './json-files';

/** A multipart upload that is under way. */
export interface Upload {
  readonly id: string;
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly initiated: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly algorithm?: ChecksumAlgorithm;
  readonly checksumType?: ChecksumType;
}

export interface UploadedPart {
  readonly number: number;
  /** With its quotation marks. */
  readonly etag: string;
  readonly modified: number;
  readonly segment: Segment;
  readonly checksum?: Checksum;
}

interface Entry {
  readonly upload: Upload;
  readonly documents: JsonFiles<Upload | UploadedPart>;
  readonly parts: Map<number, UploadedPart>;
}

/** The uploads in parts of a bucket, on disk: a folder each, with a document for the upload and one for every part. */
export class Uploads {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly directory: string,
    private readonly data: DataFiles,
  ) {
    mkdirSync(directory, { recursive: true });
    for (const id of readdirSync(directory)) this.load(id);
  }

  public all(): Upload[] {
    return [...this.entries.values()].map(({ upload }) => upload);
  }

  public segments(): Segment[] {
    return [...this.entries.values()].flatMap(({ parts }) => [...parts.values()].map(({ segment }) => segment));
  }

  public start(content: Omit<Upload, 'id' | 'initiated'>): Upload {
    const upload: Upload = { ...content, id: randomBytes(32).toString('base64url'), initiated: Date.now() };
    const documents = new JsonFiles<Upload | UploadedPart>(join(this.directory, upload.id));
    documents.write('upload', upload);
    this.entries.set(upload.id, { upload, documents, parts: new Map() });
    return upload;
  }

  /** @throws RequestFault 404 when there is no such upload of this key */
  public get(id: string, key: string): Upload {
    return this.entry(id, key).upload;
  }

  /** The parts in order of their numbers. */
  public parts(id: string, key: string): UploadedPart[] {
    return [...this.entry(id, key).parts.values()].sort((left, right) => left.number - right.number);
  }

  /** Puts a part in the place of the one with its number, if any. */
  public putPart(id: string, key: string, part: UploadedPart): void {
    const entry = this.entries.get(id);
    if (entry === undefined) this.data.drop([part.segment]);
    const { documents, parts } = this.entry(id, key);
    const before = parts.get(part.number);
    documents.write(String(part.number), part);
    parts.set(part.number, part);
    if (before !== undefined) this.data.drop([before.segment]);
  }

  /** Ends an upload; the bytes of its parts go, but for those that an object has been made of. */
  public end(id: string, kept: readonly UploadedPart[] = []): void {
    const entry = this.entries.get(id);
    if (entry === undefined) return;
    this.entries.delete(id);
    rmSync(join(this.directory, id), { recursive: true, force: true });
    this.data.drop([...entry.parts.values()].filter((part) => !kept.includes(part)).map(({ segment }) => segment));
  }

  /** Ends the uploads of which an object has been made already, by the files that objects use. */
  public endCompleted(used: ReadonlySet<string>): void {
    for (const [id, { parts }] of this.entries) {
      const kept = [...parts.values()].filter(({ segment }) => used.has(segment.file));
      if (kept.length > 0) this.end(id, kept);
    }
  }

  private entry(id: string, key: string): Entry {
    const entry = this.entries.get(id);
    if (entry?.upload.key !== key) {
      throw new RequestFault(404, 'NoSuchUpload', 'there is no such upload of this key; it was completed or aborted');
    }
    return entry;
  }

  private load(id: string): void {
    const documents = new JsonFiles<Upload | UploadedPart>(join(this.directory, id));
    const all = documents.readAll();
    const upload = all.find((document): document is Upload => 'id' in document);
    // The run ended while the upload was being made or removed.
    if (upload === undefined) {
      rmSync(join(this.directory, id), { recursive: true, force: true });
      return;
    }
    const parts = all.filter((document): document is UploadedPart => 'number' in document);
    this.entries.set(id, { upload, documents, parts: new Map(parts.map((part) => [part.number, part])) });
  }
}
