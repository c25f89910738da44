import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { HEAD_KEY } from '../../../../agent-image/src/workspace/format/object-source.ts';
import type { ObjectStore } from '../../../../agent-image/src/workspace/object-store.ts';
import type { Download, OfferedFile, SessionObjects } from '../ports';

/** How long an address works, in seconds. */
const EXPIRES_IN_SECONDS = 300;

/** How long a copy is given away again, in milliseconds: the bucket deletes it after a day, and addresses must outlast that. */
const COPY_LASTS_MS = 12 * 60 * 60 * 1_000;

/** Objects that a running agent wrote while they were deleted are looked for so many times. */
const PASSES = 3;

export interface S3SessionObjectsOptions {
  /** The objects of the session's workspace. */
  readonly workspace: ObjectStore;
  /** The copies of the session's files that were made for downloads. */
  readonly downloads: ObjectStore;
  /** Signs addresses; has the credentials of the user. */
  readonly client: S3Client;
  readonly bucket: string;
  /** Of `downloads`, with a slash at its end. */
  readonly prefix: string;
}

/** The objects of one session in Amazon S3. */
export class S3SessionObjects implements SessionObjects {
  readonly workspace: ObjectStore;
  readonly #options: S3SessionObjectsOptions;

  constructor(options: S3SessionObjectsOptions) {
    this.workspace = options.workspace;
    this.#options = options;
  }

  async offer({ key, name, content }: OfferedFile): Promise<Download> {
    const { downloads, client, bucket, prefix } = this.#options;
    if (!(await hasRecent(downloads, key))) await downloads.put(key, await content());
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: prefix + key,
      ResponseContentDisposition: attachment(name),
      // A browser that was told nothing of a type might take a file for a page.
      ResponseContentType: 'application/octet-stream',
      ResponseCacheControl: 'private, no-store',
    });
    return {
      url: await getSignedUrl(client, command, { expiresIn: EXPIRES_IN_SECONDS }),
      expiresIn: EXPIRES_IN_SECONDS,
    };
  }

  /** HEAD goes first: without it an agent that still runs cannot commit what it had. */
  async removeAll(): Promise<number> {
    const { workspace, downloads } = this.#options;
    let removed = 0;
    for (let pass = 1; pass <= PASSES; pass += 1) {
      const keys = await keysOf(workspace);
      const copies = await keysOf(downloads);
      if (keys.length + copies.length === 0) break;
      if (keys.includes(HEAD_KEY)) await workspace.remove([HEAD_KEY]);
      await workspace.remove(keys.filter((key) => key !== HEAD_KEY));
      await downloads.remove(copies);
      removed += keys.length + copies.length;
    }
    return removed;
  }

  close(): void {
    this.workspace.close();
    this.#options.downloads.close();
  }
}

async function hasRecent(store: ObjectStore, wanted: string): Promise<boolean> {
  for await (const { key, modified } of store.list(wanted)) {
    if (key === wanted) return Date.now() - modified.getTime() < COPY_LASTS_MS;
  }
  return false;
}

async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list('')) keys.push(key);
  return keys;
}

/** The name for browsers, in both spellings of RFC 6266: plain ASCII, and the whole of it. */
function attachment(fileName: string): string {
  const plain = fileName.replace(/[^ -~]|["\\%]/g, '_');
  const encoded = encodeURIComponent(fileName).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
