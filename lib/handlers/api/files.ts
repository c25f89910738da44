import { createHash } from 'node:crypto';
import type { Entry, FileEntry } from '../../../agent-image/src/workspace/format/entries.ts';
import { shownPath } from '../../../agent-image/src/workspace/format/paths.ts';
import { listDirectory, type ListedEntry, readFile } from '../../../agent-image/src/workspace/format/read-file.ts';
import { decodeCursor, encodeCursor } from './cursor';
import { ApiFailure } from './failure';
import { isAddressable, keptPathOf } from './file-path';
import type { HttpEvent } from './http-event';
import { readKept } from './kept-session';
import { invalid, limitOf, queryOf, sessionIdOf } from './parameters';
import type { Download, UserData } from './ports';

const PAGE = { most: 1_000, usual: 1_000 } as const;

/** Largest file that is given, in bytes: it is put together in the memory of the function. */
const MAX_FILE_BYTES = 128 * 1024 * 1024;

export interface ListedFile {
  readonly name: string;
  /** From the working directory; what to ask for the content, or the entries, with. */
  readonly path: string;
  readonly type: Entry['type'];
  /** In bytes; only of files. */
  readonly size?: number;
  /** ISO 8601; only of files. */
  readonly modified?: string;
  /** What a link says; it is not followed. */
  readonly target?: string;
  /** `false` when the name is no UTF-8, so that it cannot be asked for. */
  readonly addressable?: false;
}

export interface FileList {
  /** When this state was kept, ISO 8601; missing when nothing was kept yet. */
  readonly asOf?: string;
  readonly files: readonly ListedFile[];
  /** Missing at the end of the list. */
  readonly cursor?: string;
}

export interface FileContent extends Download {
  /** In bytes. */
  readonly size: number;
}

/** What is in one directory of the kept working directory, in the order of the bytes of the names. */
export function listFiles(event: HttpEvent, data: UserData): Promise<FileList> {
  const directory = (queryOf(event, 'prefix') ?? '').replace(/\/$/, '');
  const kept = keptPathOf('prefix', directory);
  const limit = limitOf(event, PAGE.most, PAGE.usual);
  const [after] = decodeCursor('files', queryOf(event, 'cursor'), ({ length }) => length === 1) ?? [];
  return readKept(sessionIdOf(event), data, (session) => {
    const listed = session && listDirectory(session.snapshot, kept);
    if (listed === undefined) {
      if (directory === '') return { ...(session && { asOf: session.snapshot.head.committed_at }), files: [] };
      throw new ApiFailure('NOT_FOUND', 'The session has no such directory in what was kept of it last.');
    }
    const rest = after === undefined ? listed : listed.filter(({ name }) => name > after);
    const page = rest.slice(0, limit);
    const last = page.at(-1);
    return {
      asOf: session?.snapshot.head.committed_at,
      files: page.map((entry) => listedFile(directory, entry)),
      ...(last !== undefined && rest.length > limit && { cursor: encodeCursor('files', [last.name]) }),
    };
  });
}

/** An address from which a file of the kept working directory can be had for some minutes, to be saved and not shown. */
export function fileContent(event: HttpEvent, data: UserData): Promise<FileContent> {
  const path = queryOf(event, 'path');
  if (path === undefined) throw invalid('"path" is missing; send the path of a file from the list of files');
  const kept = keptPathOf('path', path);
  return readKept(sessionIdOf(event), data, async (session) => {
    const file = session?.snapshot.entries.get(kept);
    if (session === undefined || file === undefined) {
      throw new ApiFailure('NOT_FOUND', 'The session has no such file in what was kept of it last.');
    }
    if (file.type !== 'file') {
      throw invalid(`"path" names a ${file.type === 'link' ? 'symbolic link, which is not followed' : 'directory'}`);
    }
    if (file.size > MAX_FILE_BYTES) {
      throw new ApiFailure(
        'FILE_TOO_LARGE',
        `The file has ${file.size} bytes, and up to ${MAX_FILE_BYTES} are given: ask the agent to compress or split it.`,
      );
    }
    const { workspace } = session.session;
    const download = await session.session.offer({
      key: contentKey(file),
      name: path.slice(path.lastIndexOf('/') + 1),
      content: () => readFile(workspace, session.snapshot, file),
    });
    return { ...download, size: file.size };
  });
}

/** The same for the same content: where it lies in what frames, which are named by their own content. */
function contentKey({ size, segments }: FileEntry): string {
  const parts = segments.map(({ frame, offset, length }) => [frame?.hash, offset, length]);
  return createHash('sha256')
    .update(JSON.stringify([size, parts]))
    .digest('base64url');
}

function listedFile(directory: string, { name, entry }: ListedEntry): ListedFile {
  const shownName = shownPath(name);
  return {
    name: shownName,
    path: directory === '' ? shownName : `${directory}/${shownName}`,
    type: entry.type,
    ...(entry.type === 'file' && { size: entry.size, modified: timestampOf(entry.modified) }),
    ...(entry.type === 'link' && { target: shownPath(entry.target) }),
    ...(!isAddressable(name) && { addressable: false }),
  };
}

/** Undefined for a time that no calendar has, which a file can be given. */
function timestampOf(nanoseconds: bigint): string | undefined {
  const date = new Date(Number(nanoseconds / 1_000_000n));
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
