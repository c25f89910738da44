import {
  type _Object,
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { ByteRange, StoredObject } from './format/object-source.ts';
import {
  ConditionConflict,
  ConditionFailed,
  type ListedObject,
  type ObjectStore,
  WorkspaceUnavailable,
  type WriteCondition,
} from './object-store.ts';
import type { UserCredentials } from './user-credentials.ts';

export interface S3ObjectStoreOptions {
  readonly bucket: string;
  /** Before every key, with a slash at its end. */
  readonly prefix: string;
  readonly region: string;
  readonly credentials: UserCredentials;
  /** Longest silence of a connection, in milliseconds; 20 seconds by default. */
  readonly silenceMs?: number;
}

/** Time to connect, longest silence, and time until the answer begins, in milliseconds: objects are of a few megabytes. */
const CONNECTION_TIMEOUT_MS = 3_000;
const SILENCE_MS = 20_000;
const ANSWER_MS = 60_000;
const ATTEMPTS = 4;

/** S3 deletes up to so many objects at a request (reference of DeleteObjects). */
const DELETED_AT_ONCE = 1_000;

/** Status of S3's answer when an object has the tag of `If-None-Match`. */
const NOT_MODIFIED = 304;

const REMEDIES: Readonly<Record<string, string>> = {
  AccessDenied:
    'let the user role get, put and delete objects and list the bucket below workspaces/<userId>/, and use its KMS key when it has one',
  NoSuchBucket: 'there is no such bucket; set AGENT_WORKSPACE_BUCKET to the one of the deployment',
  PermanentRedirect: "it is in another Region; the bucket must be in the agent's",
  KMSDisabledException: 'its KMS key is disabled; enable it',
};

/** The objects of one workspace in Amazon S3. */
export class S3ObjectStore implements ObjectStore {
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #client: S3Client;

  constructor({ bucket, prefix, region, credentials, silenceMs = SILENCE_MS }: S3ObjectStoreOptions) {
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#client = new S3Client({
      region,
      credentials,
      maxAttempts: ATTEMPTS,
      // Every frame has a hash of its own, and the client's check is slow for a file of a gigabyte.
      responseChecksumValidation: 'WHEN_REQUIRED',
      // An endpoint of one's own seldom has a name for every bucket.
      forcePathStyle: Boolean(process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL),
      requestHandler: {
        connectionTimeout: CONNECTION_TIMEOUT_MS,
        requestTimeout: ANSWER_MS,
        socketTimeout: silenceMs,
        throwOnRequestTimeout: true,
      },
    });
  }

  get(key: string, range?: ByteRange): Promise<StoredObject | undefined> {
    return this.#get(key, { Range: range && `bytes=${range.from}-${range.from + range.length - 1}` });
  }

  async tagOf(key: string, known: string | undefined): Promise<string | undefined> {
    return (await this.#get(key, { IfNoneMatch: known }))?.etag;
  }

  /** With `IfNoneMatch`, an object that has this tag comes without its content. */
  async #get(
    key: string,
    wanted: Pick<GetObjectCommandInput, 'Range' | 'IfNoneMatch'>,
  ): Promise<StoredObject | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      let answered = false;
      try {
        const { Body, ETag = '' } = await this.#client.send(new GetObjectCommand({ ...this.#at(key), ...wanted }));
        answered = true;
        const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
        return { body: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), etag: ETag };
      } catch (error) {
        if (wanted.IfNoneMatch !== undefined && statusOf(error) === NOT_MODIFIED) {
          return { body: Buffer.alloc(0), etag: wanted.IfNoneMatch };
        }
        if (nameOf(error) === 'NoSuchKey' || (nameOf(error) === 'AccessDenied' && !(await this.#exists(key)))) {
          return undefined;
        }
        // The client tries again itself until the answer begins, and not when its connection breaks later.
        if (!answered || attempt === ATTEMPTS) {
          throw this.#unavailable('read', key, error);
        }
      }
    }
  }

  /** S3 refuses to read what is not there to who may list a part of the bucket only, as the user role does. */
  async #exists(key: string): Promise<boolean> {
    const { Contents = [] } = await this.#page(key, undefined);
    return Contents.some((found) => found.Key === this.#prefix + key);
  }

  async put(key: string, body: Buffer, condition?: WriteCondition): Promise<string> {
    const conditions =
      condition === 'absent' ? { IfNoneMatch: '*' } : condition === undefined ? {} : { IfMatch: condition.etag };
    try {
      const { ETag = '' } = await this.#client.send(
        new PutObjectCommand({ ...this.#at(key), Body: body, ContentType: 'application/octet-stream', ...conditions }),
      );
      return ETag;
    } catch (error) {
      const name = nameOf(error);
      // S3 finds no object to compare when it was deleted: the condition does not hold either.
      if (name === 'PreconditionFailed' || (name === 'NoSuchKey' && condition !== undefined)) {
        throw new ConditionFailed();
      }
      throw name === 'ConditionalRequestConflict' ? new ConditionConflict() : this.#unavailable('write', key, error);
    }
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    let token: string | undefined;
    do {
      const page = await this.#page(prefix, token);
      for (const { Key, LastModified } of page.Contents ?? []) {
        if (Key !== undefined && LastModified !== undefined) {
          yield { key: Key.slice(this.#prefix.length), modified: LastModified };
        }
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += DELETED_AT_ONCE) {
      const Objects = keys.slice(at, at + DELETED_AT_ONCE).map((key) => ({ Key: this.#prefix + key }));
      try {
        const command = new DeleteObjectsCommand({ Bucket: this.#bucket, Delete: { Objects, Quiet: true } });
        const { Errors: [first] = [] } = await this.#client.send(command);
        if (first) {
          throw Object.assign(new Error(), { name: first.Code });
        }
      } catch (error) {
        throw this.#unavailable('delete', keys[at] ?? '', error);
      }
    }
  }

  close(): void {
    this.#client.destroy();
  }

  async #page(
    prefix: string,
    token: string | undefined,
  ): Promise<{ readonly Contents?: _Object[]; readonly NextContinuationToken?: string }> {
    const command = { Bucket: this.#bucket, Prefix: this.#prefix + prefix, ContinuationToken: token };
    try {
      return await this.#client.send(new ListObjectsV2Command(command));
    } catch (error) {
      throw this.#unavailable('list', prefix, error);
    }
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + key };
  }

  #unavailable(verb: string, key: string, error: unknown): WorkspaceUnavailable {
    if (error instanceof WorkspaceUnavailable) {
      return error;
    }
    // The name only: the message of an error may repeat what was sent or received.
    const name = nameOf(error);
    const remedy = REMEDIES[name] ?? 'find out whether the agent reaches Amazon S3 and has credentials for it';
    const where = `s3://${this.#bucket}/${this.#prefix}${key}`;
    return new WorkspaceUnavailable(`Cannot ${verb} ${where}`, `${name}; ${remedy}`);
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

function nameOf(error: unknown): string {
  const { name = 'an unknown error', code } = error as { readonly name?: string; readonly code?: string };
  return name === 'Error' && code !== undefined ? code : name;
}
