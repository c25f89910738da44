import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { link, open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** A file with some or all of the bytes of an object. */
export interface Segment {
  readonly file: string;
  readonly size: number;
}

/** Keeps the files of segments there while somebody reads them. */
export interface OpenSegments {
  /** The bytes from `start` up to and without `end`, in pieces. */
  read(start: number, end: number): AsyncGenerator<Buffer>;
  close(): void;
}

const PIECE_BYTES = 256 * 1024;

/** The files that hold the bytes of a bucket. Their names say nothing; what they belong to is written elsewhere, later. */
export class DataFiles {
  private readonly readers = new Map<string, number>();
  private readonly doomed = new Set<string>();

  constructor(private readonly directory: string) {
    mkdirSync(directory, { recursive: true });
  }

  /** Writes `source` to a new file; there is no file when it fails. */
  public async write(source: AsyncIterable<Buffer>): Promise<Segment> {
    const file = randomUUID();
    const path = this.path(file);
    const handle = await open(path, 'wx');
    try {
      let size = 0;
      for await (const piece of source) size += await writeAll(handle, piece);
      await handle.close();
      return { file, size };
    } catch (error) {
      await handle.close();
      await rm(path, { force: true });
      throw error;
    }
  }

  /** The same bytes under another name; nothing is copied. */
  public async link(segment: Segment): Promise<Segment> {
    const file = randomUUID();
    await link(this.path(segment.file), this.path(file));
    return { ...segment, file };
  }

  public open(segments: readonly Segment[]): OpenSegments {
    const paths = segments.map(({ file }) => file);
    for (const file of paths) this.readers.set(file, (this.readers.get(file) ?? 0) + 1);
    return {
      read: (start, end) => this.read(segments, start, end),
      close: () => {
        for (const file of paths) this.release(file);
      },
    };
  }

  /** Removes the files, each as soon as nobody reads it any more. */
  public drop(segments: readonly Segment[]): void {
    for (const { file } of segments) {
      if (this.readers.has(file)) this.doomed.add(file);
      else rmSync(this.path(file), { force: true });
    }
  }

  /** Removes what an interrupted run has left: every file but those. */
  public keepOnly(segments: readonly Segment[]): void {
    const kept = new Set(segments.map(({ file }) => file));
    for (const file of readdirSync(this.directory)) if (!kept.has(file)) unlinkSync(this.path(file));
  }

  private async *read(segments: readonly Segment[], start: number, end: number): AsyncGenerator<Buffer> {
    let offset = 0;
    for (const { file, size } of segments) {
      const [from, to] = [Math.max(start - offset, 0), Math.min(end - offset, size)];
      offset += size;
      if (from >= to) continue;
      const handle = await open(this.path(file), 'r');
      try {
        for (let at = from; at < to;) {
          const { bytesRead, buffer } = await handle.read({
            buffer: Buffer.allocUnsafe(Math.min(PIECE_BYTES, to - at)),
            position: at,
          });
          if (bytesRead === 0) throw new Error(`the file ${this.path(file)} is shorter than it was`);
          at += bytesRead;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await handle.close();
      }
    }
  }

  private release(file: string): void {
    const others = (this.readers.get(file) ?? 1) - 1;
    if (others > 0) this.readers.set(file, others);
    else {
      this.readers.delete(file);
      if (this.doomed.delete(file)) rmSync(this.path(file), { force: true });
    }
  }

  private path(file: string): string {
    return join(this.directory, file);
  }
}

async function writeAll(handle: FileHandle, piece: Buffer): Promise<number> {
  for (let at = 0; at < piece.length;) at += (await handle.write(piece, at)).bytesWritten;
  return piece.length;
}
