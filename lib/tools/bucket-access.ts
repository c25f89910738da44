import { Token } from 'aws-cdk-lib';
import type { aws_s3 as s3 } from 'aws-cdk-lib';
import { DOWNLOADS_PREFIX, objectStatements, WORKSPACES_PREFIX, type ObjectPermission } from '../iam/object-access';
import type { BaselineStatement } from '../iam/runtime-baseline';
import { throwFindings } from '../private/validation';

/**
 * Objects that the code in a code interpreter reaches. Whoever talks to the agent reaches them through the code: they are
 * the same for every user. Workspaces, which belong to one user each, cannot be among them, nor the copies of their files
 * that are made for downloads.
 */
export class BucketAccess {
  /**
   * Lists and reads the objects below `prefix`.
   *
   * @param prefix ends in `/`
   * @throws Error when it does not, has wildcards, is a token, or names workspaces or copies of their files
   */
  public static read(bucket: s3.IBucket, prefix: string): BucketAccess {
    throwFindings('BucketAccess.read', prefixFindings(prefix));
    return new BucketAccess(bucket, prefix, ['read']);
  }

  /** Lists, reads and writes the objects below `prefix`, and deletes none; otherwise as `read`. */
  public static readWrite(bucket: s3.IBucket, prefix: string): BucketAccess {
    throwFindings('BucketAccess.readWrite', prefixFindings(prefix));
    return new BucketAccess(bucket, prefix, ['read', 'write']);
  }

  private constructor(
    private readonly bucket: s3.IBucket,
    private readonly prefix: string,
    private readonly permissions: readonly ObjectPermission[],
  ) {}

  /** What allows it. */
  public statements(): BaselineStatement[] {
    return objectStatements(this.bucket, this.prefix, this.permissions);
  }
}

function prefixFindings(prefix: string): string[] {
  if (Token.isUnresolved(prefix)) {
    return ['prefix is not known at synthesis, so it might name workspaces; give a literal one'];
  }
  // A wildcard or a variable of IAM would stand for more than what is written; some clients resolve dots in keys.
  if (!/^[^/*?${}][^*?${}]*\/$/.test(prefix) || /(^|\/)\.{0,2}\//.test(prefix)) {
    return [
      `prefix ${JSON.stringify(prefix)} does not name a folder: it must end in "/", not begin with it, and have none of "* ? $ { }", no "." or ".." between slashes and no two slashes in a row; give for instance "datasets/"`,
    ];
  }
  return [WORKSPACES_PREFIX, DOWNLOADS_PREFIX].some((ofUsers) => prefix.startsWith(ofUsers))
    ? [
        `prefix "${prefix}" is where a workspace bucket keeps the files of every user, or copies of them, and all users share the interpreter; give another folder, the agent copies files between workspace and interpreter`,
      ]
    : [];
}
