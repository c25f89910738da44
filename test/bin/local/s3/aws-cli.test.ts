import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeWith } from '../support/programs';
import { BUCKET, bytes, failure, TestS3 } from '../support/test-s3';

const run = promisify(execFile);

describeWith('aws', 'awscli', 'the AWS command line', (program) => {
  let server: TestS3;
  let folder: string;

  beforeEach(async () => {
    server = await new TestS3().start();
    folder = mkdtempSync(join(tmpdir(), 'aws-cli-'));
  });

  afterEach(async () => {
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function aws(...args: string[]): Promise<string> {
    const { stdout } = await run(program, ['--endpoint-url', server.url, ...args], {
      env: {
        PATH: '/usr/bin:/bin',
        HOME: folder,
        AWS_ACCESS_KEY_ID: 'AKIATEST',
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    });
    return stdout;
  }

  it('synchronizes a folder up and down, deletions included', async () => {
    const names = ['a.txt', 'sub/b c+d&.txt', 'sub/é😀', 'sub/deep/empty'];
    for (const name of names) {
      mkdirSync(join(folder, 'up', name, '..'), { recursive: true });
      writeFileSync(join(folder, 'up', name), name.endsWith('empty') ? '' : name);
    }
    await aws('s3', 'sync', '--no-progress', join(folder, 'up'), `s3://${BUCKET}/p`);
    await aws('s3', 'sync', '--no-progress', `s3://${BUCKET}/p`, join(folder, 'down'));

    for (const name of names) {
      expect(readFileSync(join(folder, 'down', name), 'utf8')).toBe(name.endsWith('empty') ? '' : name);
    }
    rmSync(join(folder, 'up', 'sub'), { recursive: true });
    expect(await aws('s3', 'sync', '--delete', join(folder, 'up'), `s3://${BUCKET}/p`)).toContain('delete:');
    expect((await aws('s3', 'ls', '--recursive', `s3://${BUCKET}`)).trim()).toMatch(/ 5 p\/a\.txt$/);
    expect(await aws('s3', 'sync', join(folder, 'up'), `s3://${BUCKET}/p`)).toBe('');
  });

  it('puts a large file in parts, reads it in ranges, copies and removes it', async () => {
    const content = bytes(20);
    writeFileSync(join(folder, 'large'), content);
    await aws('s3', 'cp', '--no-progress', join(folder, 'large'), `s3://${BUCKET}/large`);
    const head = JSON.parse(await aws('s3api', 'head-object', '--bucket', BUCKET, '--key', 'large')) as {
      ETag: string;
    };
    await aws('s3', 'cp', '--no-progress', `s3://${BUCKET}/large`, `s3://${BUCKET}/copy`);
    await aws('s3', 'cp', '--no-progress', `s3://${BUCKET}/copy`, join(folder, 'back'));
    await aws('s3', 'rm', '--recursive', `s3://${BUCKET}`);

    expect(head.ETag).toMatch(/^"[0-9a-f]{32}-3"$/);
    expect(content.equals(readFileSync(join(folder, 'back')))).toBe(true);
    expect(server.dataFiles()).toEqual([]);
  });

  it('sums up folders, and asks with checksums and conditions of its own', async () => {
    await server.put('a/1', '1');
    await server.put('b', '2');
    writeFileSync(join(folder, 'f'), 'x');
    const listed = await aws('s3', 'ls', `s3://${BUCKET}`);
    const put = await aws(
      ...['s3api', 'put-object', '--bucket', BUCKET, '--key', 'c', '--body', join(folder, 'f')],
      ...['--checksum-algorithm', 'SHA256'],
    );
    const get = aws('s3api', 'get-object', '--bucket', BUCKET, '--key', 'c', '--if-match', '"no"', join(folder, 'g'));

    expect(listed).toMatch(/PRE a\/\n.* 1 b\n/);
    expect(put).toContain('"ChecksumSHA256": "LXEWQrcmsEQBYnyp+6wy9ch');
    expect((await failure(get)).message).toContain('(PreconditionFailed)');
  });
});
