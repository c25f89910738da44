import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeWith } from './bin/local/support/programs';
import { BUCKET, TestS3 } from './bin/local/support/test-s3';

const run = promisify(execFile);

/** The commands of the README that empty and delete the bucket. */
const [, commands = ''] =
  /```sh\n(LIST=[\s\S]*?)```/.exec(readFileSync(join(__dirname, '..', 'README.md'), 'utf8')) ?? [];

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'readme-cleanup-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Runs the commands in a shell whose `aws` does what `program` says, in Bash. */
async function cleanUp(program: string, environment: NodeJS.ProcessEnv = {}): Promise<void> {
  writeFileSync(join(folder, 'commands.sh'), `aws() {\n${program}\n}\n${commands}`);
  await run('bash', [join(folder, 'commands.sh')], {
    env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, WORKSPACE_BUCKET_NAME: BUCKET, ...environment },
  });
}

describe('the commands of the README that empty a bucket', () => {
  /** Answers listings with one object until `left` of them were deleted, and deletions with `failed`. */
  const standIn = (left: number, failed: string): string => `
    echo "$1 $2" >> "$HOME/calls"
    case "$2" in
      list-object-versions)
        if [ "$(grep -c delete-objects "$HOME/calls")" -lt ${String(left)} ]; then
          echo '{"Objects": [{"Key": "a", "VersionId": "1"}], "Quiet": true}'
        else
          echo '{"Objects": [], "Quiet": true}'
        fi ;;
      delete-objects) ${failed} ;;
    esac`;
  const calls = (): string[] => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');

  it('delete page after page, and end when nothing is left', async () => {
    await cleanUp(standIn(3, 'echo 0'));

    const [list, deletion] = ['s3api list-object-versions', 's3api delete-objects'];
    expect(calls()).toEqual([list, deletion, list, deletion, list, deletion, list, 's3 rb']);
  });

  it('delete nothing in a bucket that is empty', async () => {
    await cleanUp(standIn(0, 'echo 0'));

    expect(calls()).toEqual(['s3api list-object-versions', 's3 rb']);
  });

  it.each([
    ['an object cannot be deleted', 'echo 1'],
    ['the call is refused', 'return 255'],
  ])('end when %s', async (_, failed) => {
    await cleanUp(standIn(9, failed));

    expect(calls().filter((one) => one.endsWith('delete-objects'))).toHaveLength(1);
  });
});

describeWith('aws', 'awscli', 'the same commands with the AWS command line', (program) => {
  let server: TestS3;

  beforeEach(async () => {
    server = await new TestS3().start();
  });
  afterEach(async () => {
    await server.remove();
  });

  it.each([0, 3])('delete a bucket with %d objects, whatever the format of output is', async (objects) => {
    for (let index = 0; index < objects; index += 1) await server.put(`a "key" & ${String(index)}`, 'x');

    await cleanUp(`"${program}" --endpoint-url "${server.url}" "$@"`, {
      AWS_ACCESS_KEY_ID: 'AKIATEST',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_DEFAULT_OUTPUT: 'table',
      AWS_EC2_METADATA_DISABLED: 'true',
    });

    expect(existsSync(join(server.directory, BUCKET))).toBe(false);
  });
});
