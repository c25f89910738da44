import { S3ObjectStore } from '../../../../agent-image/src/workspace/s3-object-store';
import { type LocalS3, startLocalS3 } from '../../../support/local-s3';
import { temporaryDirectory } from './disk';

export const BUCKET = 'workspaces';
export const PREFIX = 'workspaces/ada/session/';

/** An S3 server with a bucket. */
export async function startBucket(): Promise<LocalS3> {
  const server = await startLocalS3({ directory: temporaryDirectory() });
  server.store.ensureBucket(BUCKET);
  return server;
}

const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'example-secret',
  sessionToken: 'example-token',
  expiration: new Date(Date.now() + 3_600_000),
};

/** A store whose first request has to be made before the next store is made: the address is read then. */
export function s3Store(url: string, bucket = BUCKET, silenceMs?: number): S3ObjectStore {
  process.env.AWS_ENDPOINT_URL_S3 = url;
  const credentials = (): Promise<typeof CREDENTIALS> => Promise.resolve(CREDENTIALS);
  const silence = silenceMs === undefined ? {} : { silenceMs };
  return new S3ObjectStore({ bucket, prefix: PREFIX, region: 'eu-west-1', credentials, ...silence });
}
