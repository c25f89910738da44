import { execFile } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import {
  type _Object,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '../../agent-image/node_modules/@aws-sdk/client-s3';
import { S3ObjectStore } from '../../agent-image/src/workspace/s3-object-store';
import { S3Workspace } from '../../agent-image/src/workspace/s3-workspace';
import { shareWork } from '../../agent-image/src/workspace/share-work';

export const BUCKET = 'bench-workspaces';
const REGION = 'us-east-1';
const SECRETS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example-secret' };

/** The command of Debian's package; a newer one may be earlier in the search path. */
export const AWS = '/usr/bin/aws';

/** Requests of the parallel client at the same time. */
const WIDTH = 64;

/** One way to keep a directory under a prefix, and to bring it back into another directory. */
export interface SyncClient {
  readonly name: string;
  /** Keeps a directory; a second time only what is different, where the client can tell. */
  keep(directory: string): Promise<unknown>;
  restore(directory: string): Promise<unknown>;
  /** What it takes before it can do anything, where that is a process of its own. */
  start?(): Promise<unknown>;
  /** What it has in the bucket, in bytes. */
  stored(): Promise<number>;
}

export type ConnectClient = (url: string, prefix: string) => SyncClient;

/** Ours, without the start of a process. */
export const ours: ConnectClient = (url, prefix) => {
  process.env.AWS_ENDPOINT_URL_S3 = url;
  const expiration = new Date(Date.now() + 24 * 3_600_000);
  const credentials = (): Promise<typeof SECRETS & { sessionToken: string; expiration: Date }> =>
    Promise.resolve({ ...SECRETS, sessionToken: 'example-token', expiration });
  const store = new S3ObjectStore({ bucket: BUCKET, prefix: `${prefix}/`, region: REGION, credentials });
  const open = async (directory: string): Promise<S3Workspace> => {
    const configDirectory = `${directory}-config`;
    mkdirSync(configDirectory, { recursive: true });
    const directories = { configDirectory, workspaceDirectory: directory };
    const workspace = new S3Workspace({ directories, openStore: () => store, log: () => undefined });
    await workspace.open('bench', undefined);
    return workspace;
  };
  const workspaces = new Map<string, S3Workspace>();
  return {
    name: 'ours',
    keep: async (directory) => {
      let workspace = workspaces.get(directory);
      if (!workspace) {
        workspace = await open(directory);
        await workspace.restore(() => undefined);
        workspaces.set(directory, workspace);
      }
      return workspace.flush();
    },
    restore: async (directory) => {
      mkdirSync(directory, { recursive: true });
      await (await open(directory)).restore(() => undefined);
    },
    stored: () => storedBelow(url, `${prefix}/`),
  };
};

/** `aws s3 sync`, with the start of its process, which people who use it wait for too. */
export const awsSync: ConnectClient = (url, prefix) => {
  const run = (args: readonly string[]): Promise<unknown> =>
    promisify(execFile)(AWS, args, {
      env: {
        PATH: '/usr/bin:/bin',
        AWS_ACCESS_KEY_ID: SECRETS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: SECRETS.secretAccessKey,
        AWS_DEFAULT_REGION: REGION,
      },
      maxBuffer: 64 * 1024 * 1024,
    });
  const sync = (from: string, to: string): Promise<unknown> =>
    run(['s3', 'sync', from, to, '--endpoint-url', url, '--only-show-errors', '--no-follow-symlinks']);
  const remote = `s3://${BUCKET}/${prefix}`;
  return {
    name: '`aws s3 sync`',
    keep: (directory) => sync(directory, remote),
    restore: (directory) => sync(remote, directory),
    start: () => run(['--version']),
    stored: () => storedBelow(url, `${prefix}/`),
  };
};

/** One object a file, 64 requests at the same time, with the same SDK as ours. It cannot tell what has changed. */
export const perObject: ConnectClient = (url, prefix) => {
  const client = plainClient(url);
  return {
    name: `one object a file, ${WIDTH} at once`,
    keep: (directory) =>
      shareWork(filesIn(directory), WIDTH, async (path) => {
        const Key = `${prefix}/${relative(directory, path)}`;
        await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: readFileSync(path) }));
      }),
    restore: async (directory) =>
      shareWork(await objectsBelow(client, `${prefix}/`), WIDTH, async ({ Key = '' }) => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
        const path = join(directory, Key.slice(prefix.length + 1));
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, (await Body?.transformToByteArray()) ?? '');
      }),
    stored: () => storedBelow(url, `${prefix}/`),
  };
};

function plainClient(endpoint: string): S3Client {
  return new S3Client({
    region: REGION,
    endpoint,
    forcePathStyle: true,
    credentials: SECRETS,
    requestHandler: { httpAgent: { maxSockets: WIDTH } },
  });
}

async function storedBelow(url: string, prefix: string): Promise<number> {
  const objects = await objectsBelow(plainClient(url), prefix);
  return objects.reduce((sum, { Size = 0 }) => sum + Size, 0);
}

async function objectsBelow(client: S3Client, prefix: string): Promise<_Object[]> {
  const objects: _Object[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({
        Bucket: BUCKET,
        Prefix: prefix,
        ...(ContinuationToken && { ContinuationToken }),
      }),
    );
    objects.push(...(page.Contents ?? []));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return objects;
}

/** Plain files, links left out. */
export function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => lstatSync(path).isFile());
}
