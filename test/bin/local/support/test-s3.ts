import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalS3, type LocalS3 } from '../../../support/local-s3';
import { s3 } from './aws-sdk';

export const BUCKET = 'test-bucket';

/** S3 without users in a folder of its own, with one bucket. */
export class TestS3 {
  public readonly directory = mkdtempSync(join(tmpdir(), 'local-s3-'));
  private server: LocalS3 | undefined;
  private made: s3.S3Client | undefined;

  public get url(): string {
    if (this.server === undefined) throw new Error('the server is not started');
    return this.server.url;
  }

  public get client(): s3.S3Client {
    if (this.made === undefined) throw new Error('the server is not started');
    return this.made;
  }

  public async start(): Promise<this> {
    this.server = await startLocalS3({ directory: this.directory });
    this.server.store.ensureBucket(BUCKET);
    this.made = this.newClient();
    return this;
  }

  public newClient(options: Partial<s3.S3ClientConfig> = {}): s3.S3Client {
    return new s3.S3Client({
      endpoint: this.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' },
      maxAttempts: 1,
      ...options,
    });
  }

  public async put(
    Key: string,
    Body: string | Uint8Array,
    rest: Partial<s3.PutObjectCommandInput> = {},
  ): Promise<s3.PutObjectCommandOutput> {
    return this.client.send(new s3.PutObjectCommand({ Bucket: BUCKET, Key, Body, ...rest }));
  }

  public async text(Key: string): Promise<string> {
    return this.textOf(new s3.GetObjectCommand({ Bucket: BUCKET, Key }));
  }

  public async textOf(command: s3.GetObjectCommand): Promise<string> {
    return (await (await this.client.send(command)).Body?.transformToString()) ?? '';
  }

  /** The files with the bytes of objects and parts. */
  public dataFiles(): string[] {
    return readdirSync(join(this.directory, BUCKET, 'data'));
  }

  /** Stops the server; the folder stays for another start. */
  public async stop(): Promise<void> {
    this.made?.destroy();
    await this.server?.close();
    this.server = undefined;
  }

  public async remove(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The HTTP status and the code of the error that `promise` fails with. */
export async function failure(
  promise: Promise<unknown>,
): Promise<{ readonly status: number | undefined; readonly code: string; readonly message: string }> {
  try {
    await promise;
  } catch (error) {
    const { name, message, $metadata } = error as Error & { readonly $metadata?: { readonly httpStatusCode?: number } };
    return { code: name, message, status: $metadata?.httpStatusCode };
  }
  throw new Error('it did not fail');
}

export function bytes(mebibytes: number): Buffer {
  return randomBytes(mebibytes * 1024 * 1024);
}
