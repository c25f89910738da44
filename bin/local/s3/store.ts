import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RequestFault } from '../http-messages';
import { Bucket } from './bucket';

/** Lower-case letters, digits, dots and hyphens, as S3; made-up names of stacks may begin with a hyphen and be 64 long. */
const BUCKET_NAME = /^[a-z0-9-][a-z0-9.-]{2,63}$/;

/** The buckets in a folder, each in one of its own, so that they survive the run. One process at a time may use it. */
export class S3Store {
  private readonly open = new Map<string, Bucket>();

  constructor(private readonly directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(directory)) this.open.set(name, new Bucket(name, join(directory, name)));
  }

  public get buckets(): readonly Bucket[] {
    return [...this.open.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** @throws RequestFault 404 */
  public bucket(name: string): Bucket {
    const bucket = this.open.get(name);
    if (bucket === undefined) {
      throw new RequestFault(404, 'NoSuchBucket', `the bucket "${name}" does not exist in this local run`);
    }
    return bucket;
  }

  /**
   * The bucket with this name, which is made where there is none.
   *
   * @throws RequestFault 400 for a name that cannot be one
   */
  public ensureBucket(name: string): Bucket {
    const existing = this.open.get(name);
    if (existing !== undefined) return existing;
    if (!BUCKET_NAME.test(name)) {
      throw new RequestFault(
        400,
        'InvalidBucketName',
        `"${name}" is not the name of a bucket; expected 3 to 63 lower-case letters, digits, dots and hyphens`,
      );
    }
    const bucket = new Bucket(name, join(this.directory, name));
    this.open.set(name, bucket);
    return bucket;
  }

  /** @throws RequestFault 404 when there is none, 409 when it is not empty */
  public deleteBucket(name: string): void {
    if (!this.bucket(name).isEmpty) {
      throw new RequestFault(409, 'BucketNotEmpty', `the bucket "${name}" has objects; delete them first`);
    }
    this.open.delete(name);
    rmSync(join(this.directory, name), { recursive: true, force: true });
  }
}
