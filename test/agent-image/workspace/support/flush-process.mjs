// Brings a workspace back, changes it, tells both states and flushes; whoever started it may kill it at any time.
import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { S3ObjectStore } from '../../../../agent-image/src/workspace/s3-object-store.ts';
import { S3Workspace } from '../../../../agent-image/src/workspace/s3-workspace.ts';

const [directory, bucket, prefix, round] = process.argv.slice(2);
const directories = { configDirectory: join(directory, 'config'), workspaceDirectory: join(directory, 'files') };
Object.values(directories).forEach((path) => mkdirSync(path, { recursive: true }));
const files = directories.workspaceDirectory;

const expiration = new Date(Date.now() + 3_600_000);
const credentials = async () => ({ accessKeyId: 'a', secretAccessKey: 's', sessionToken: 't', expiration });
const store = new S3ObjectStore({ bucket, prefix, region: 'eu-west-1', credentials });
const workspace = new S3Workspace({ directories, openStore: () => store, log: () => undefined });
await workspace.open('session', 'ada');
await workspace.restore(() => undefined);

// A few megabytes in every third round, so that flushes of one request and of several are killed.
writeFileSync(join(files, 'large'), randomBytes(round % 3 === 0 ? 9_000_000 : 1_000));
rmSync(join(files, `directory-${round - 2}`), { recursive: true, force: true });
mkdirSync(join(files, `directory-${round}`), { recursive: true });
for (let number = 0; number < 20; number += 1) {
  writeFileSync(join(files, `directory-${round}`, `${number}`), `${round} ${number}\n`.repeat(number * 50));
}
writeFileSync(join(files, 'moves'), round);
renameSync(join(files, 'moves'), join(files, `moved-${round}`));

process.stdout.write('changed\n');
process.stdin.once('data', async () => {
  process.stdout.write('flushing\n');
  await workspace.flush();
  process.stdout.write('kept\n');
});
