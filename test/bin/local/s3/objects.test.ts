import { createHash } from 'node:crypto';
import { createReadStream, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { s3 } from '../support/aws-sdk';
import { BUCKET, bytes, failure, TestS3 } from '../support/test-s3';
import { waitUntil } from '../support/wait-until';

let server: TestS3;

beforeEach(async () => {
  server = await new TestS3().start();
});

afterEach(() => server.remove());

const get = (Key: string, rest: Partial<s3.GetObjectCommandInput> = {}): s3.GetObjectCommand =>
  new s3.GetObjectCommand({ Bucket: BUCKET, Key, ...rest });
const head = (Key: string, rest: Partial<s3.HeadObjectCommandInput> = {}): s3.HeadObjectCommand =>
  new s3.HeadObjectCommand({ Bucket: BUCKET, Key, ...rest });

describe('an object', () => {
  it('comes back with its bytes, headers and metadata, under the MD5 as its ETag', async () => {
    const put = await server.put('a/b.txt', 'hello', {
      ContentType: 'text/plain',
      CacheControl: 'no-store',
      Metadata: { owner: 'ada' },
    });
    const { Body, ...got } = await server.client.send(get('a/b.txt'));

    expect(put.ETag).toBe(`"${createHash('md5').update('hello').digest('hex')}"`);
    expect(await Body?.transformToString()).toBe('hello');
    expect(got).toMatchObject({
      ETag: put.ETag,
      ContentLength: 5,
      ContentType: 'text/plain',
      CacheControl: 'no-store',
      Metadata: { owner: 'ada' },
    });
    expect(await server.client.send(head('a/b.txt'))).toMatchObject({ ContentLength: 5, ETag: put.ETag });
  });

  it.each([['a b+c&d=é😀'], ['../../etc/passwd'], ['a//b/./..'], ['%2F?#'], ['a\nb'], ["it's <x>"], ['.']])(
    'may be called %j',
    async (key) => {
      await server.put(key, key);
      const { Contents } = await server.client.send(new s3.ListObjectsV2Command({ Bucket: BUCKET }));

      expect(await server.text(key)).toBe(key);
      expect(Contents?.map(({ Key }) => Key)).toEqual([key]);
    },
  );

  it('is replaced, and the bytes of the one before are gone from the disk', async () => {
    await server.put('k', 'one');
    await server.put('k', 'two');

    expect(await server.text('k')).toBe('two');
    expect(server.dataFiles()).toHaveLength(1);
  });

  it('is deleted; deleting what is not there is no error', async () => {
    await server.put('k', 'one');
    for (let time = 0; time < 2; time++) {
      await server.client.send(new s3.DeleteObjectCommand({ Bucket: BUCKET, Key: 'k' }));
    }

    expect(await failure(server.client.send(get('k')))).toMatchObject({ status: 404, code: 'NoSuchKey' });
    expect(server.dataFiles()).toEqual([]);
  });

  it('of no bytes is one as well', async () => {
    await server.put('empty', '', { ContentLength: 0 });

    expect(await server.text('empty')).toBe('');
    expect(await server.client.send(head('empty'))).toMatchObject({ ContentLength: 0 });
  });

  it('can be read to its end while it is replaced and deleted', async () => {
    const before = bytes(4);
    await server.put('k', before);
    const { Body } = await server.client.send(get('k'));
    await server.put('k', 'after');
    await server.client.send(new s3.DeleteObjectCommand({ Bucket: BUCKET, Key: 'k' }));

    expect(before.equals((await Body?.transformToByteArray()) ?? new Uint8Array())).toBe(true);
    await waitUntil(() => server.dataFiles().length === 0);
  });

  it('survives a restart, and what an interrupted put left does not', async () => {
    await server.put('k', 'kept', { Metadata: { a: 'b' } });
    await server.stop();
    writeFileSync(join(server.directory, BUCKET, 'data', 'left-over'), 'half');
    writeFileSync(join(server.directory, BUCKET, 'objects', 'x.json.next'), '{"key"');
    await server.start();

    expect(await server.text('k')).toBe('kept');
    expect((await server.client.send(head('k'))).Metadata).toEqual({ a: 'b' });
    expect(server.dataFiles()).toHaveLength(1);
  });

  it('is as it was when the one who replaces it goes away in the middle', async () => {
    await server.put('k', 'before');
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `PUT /${BUCKET}/k HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(100_000)}`,
    );
    await waitUntil(() => server.dataFiles().length === 2);
    socket.destroy();
    await waitUntil(() => server.dataFiles().length === 1);

    expect(await server.text('k')).toBe('before');
  });

  it('that is larger than a request may put is refused before its bytes come', async () => {
    const command = new s3.PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body: 'x', ContentLength: 6 * 1024 ** 3 });
    expect(await failure(server.client.send(command))).toMatchObject({ code: 'EntityTooLarge' });
  });

  it('has a key of at most 1,024 bytes', async () => {
    await server.put('é'.repeat(512), 'x');

    expect(await server.text('é'.repeat(512))).toBe('x');
    expect(await failure(server.put('é'.repeat(513), 'x'))).toMatchObject({ status: 400, code: 'KeyTooLongError' });
  });
});

describe('a range', () => {
  it.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=4-', '456789', 'bytes 4-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=8-100', '89', 'bytes 8-9/10'],
    ['bytes=-100', '0123456789', 'bytes 0-9/10'],
  ])('of %s gives those bytes', async (Range, expected, ContentRange) => {
    await server.put('digits', '0123456789');
    const { Body, ...got } = await server.client.send(get('digits', { Range }));

    expect(await Body?.transformToString()).toBe(expected);
    expect(got).toMatchObject({ ContentRange, ContentLength: expected.length, $metadata: { httpStatusCode: 206 } });
  });

  it('beyond the end is refused', async () => {
    await server.put('digits', '0123456789');

    expect(await failure(server.client.send(get('digits', { Range: 'bytes=10-' })))).toMatchObject({
      status: 416,
      code: 'InvalidRange',
    });
  });

  it('that is none gives the whole object', async () => {
    await server.put('digits', '0123456789');

    expect(await server.textOf(get('digits', { Range: 'lines=1-2' }))).toBe('0123456789');
  });
});

describe('a conditional read', () => {
  it('is answered with 304 or 412 as the ETag says', async () => {
    const { ETag } = await server.put('k', 'x');

    expect(await server.textOf(get('k', { IfMatch: ETag }))).toBe('x');
    expect(await failure(server.client.send(get('k', { IfMatch: '"other"' })))).toMatchObject({ status: 412 });
    expect(await failure(server.client.send(get('k', { IfNoneMatch: ETag })))).toMatchObject({ status: 304 });
    expect(await server.textOf(get('k', { IfNoneMatch: '"other"' }))).toBe('x');
  });

  it('is answered by the date where there is no ETag', async () => {
    await server.put('k', 'x');
    const [past, future] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 3_600_000)];

    expect(await failure(server.client.send(get('k', { IfModifiedSince: future })))).toMatchObject({ status: 304 });
    expect(await server.textOf(get('k', { IfModifiedSince: past }))).toBe('x');
    expect(await failure(server.client.send(head('k', { IfUnmodifiedSince: past })))).toMatchObject({ status: 412 });
  });
});

describe('a conditional write', () => {
  it('creates once: of 50 at the same time one wins, and its bytes are there', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        server.put('k', String(index), { IfNoneMatch: '*' }).then(
          () => index,
          (error: unknown) => error,
        ),
      ),
    );
    const winners = outcomes.filter((outcome) => typeof outcome === 'number');
    const losers = outcomes.filter((outcome) => typeof outcome !== 'number');

    expect(winners).toHaveLength(1);
    for (const loser of losers) {
      expect(loser).toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } });
    }
    expect(await server.text('k')).toBe(String(winners[0]));
    expect(server.dataFiles()).toHaveLength(1);
  });

  it('replaces only what it expects', async () => {
    const first = await server.put('k', 'one');
    await server.put('k', 'two', { IfMatch: first.ETag });

    expect(await failure(server.put('k', 'three', { IfMatch: first.ETag }))).toMatchObject({ status: 412 });
    expect(await failure(server.put('none', 'x', { IfMatch: first.ETag }))).toMatchObject({
      status: 404,
      code: 'NoSuchKey',
    });
    expect(await server.text('k')).toBe('two');
  });

  it('takes no ETag in If-None-Match', async () => {
    expect(await failure(server.put('k', 'x', { IfNoneMatch: '"e"' }))).toMatchObject({ status: 501 });
  });

  it('deletes only what it expects', async () => {
    const { ETag } = await server.put('k', 'one');
    const remove = (IfMatch: string | undefined): Promise<unknown> =>
      server.client.send(new s3.DeleteObjectCommand({ Bucket: BUCKET, Key: 'k', IfMatch }));

    expect(await failure(remove('"other"'))).toMatchObject({ status: 412 });
    expect(await server.text('k')).toBe('one');
    await remove(ETag);
    expect(server.dataFiles()).toEqual([]);
  });
});

describe('a copy', () => {
  const copy = (rest: Partial<s3.CopyObjectCommandInput>): Promise<s3.CopyObjectCommandOutput> =>
    server.client.send(
      new s3.CopyObjectCommand({ Bucket: BUCKET, Key: 'to', CopySource: `${BUCKET}/from%20here`, ...rest }),
    );

  beforeEach(() => server.put('from here', 'x', { Metadata: { a: '1' }, ContentType: 'text/plain' }));

  it('has the bytes and the metadata, and outlives its source', async () => {
    await copy({});
    await server.client.send(new s3.DeleteObjectCommand({ Bucket: BUCKET, Key: 'from here' }));

    expect(await server.text('to')).toBe('x');
    expect(await server.client.send(head('to'))).toMatchObject({ Metadata: { a: '1' }, ContentType: 'text/plain' });
  });

  it('has other metadata when asked for, also onto itself', async () => {
    const onto = { Key: 'from here', Metadata: { b: '2' } };

    expect(await failure(copy(onto))).toMatchObject({ status: 400, code: 'InvalidRequest' });
    await copy({ ...onto, MetadataDirective: 'REPLACE' });
    expect((await server.client.send(head('from here'))).Metadata).toEqual({ b: '2' });
    expect(await server.text('from here')).toBe('x');
  });

  it('is made into another bucket', async () => {
    await server.client.send(new s3.CreateBucketCommand({ Bucket: 'other-bucket' }));
    await copy({ Bucket: 'other-bucket' });

    expect(await server.textOf(new s3.GetObjectCommand({ Bucket: 'other-bucket', Key: 'to' }))).toBe('x');
  });

  it('is made only of what is expected', async () => {
    expect(await failure(copy({ CopySourceIfMatch: '"other"' }))).toMatchObject({ status: 412 });
    expect(await failure(copy({ CopySource: `${BUCKET}/none` }))).toMatchObject({ status: 404 });
    expect(await failure(copy({ CopySource: 'x' }))).toMatchObject({ status: 400, code: 'InvalidArgument' });
    expect(server.dataFiles()).toHaveLength(1);
  });
});

describe('many deletions in one request', () => {
  it('delete each key, and tell of each unless asked not to', async () => {
    await server.put('a&b', '1');
    await server.put('c', '2');
    await server.put('d', '3');
    const remove = (keys: string[], Quiet: boolean): Promise<s3.DeleteObjectsCommandOutput> =>
      server.client.send(
        new s3.DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Quiet, Objects: keys.map((Key) => ({ Key })) } }),
      );

    expect((await remove(['a&b', 'none'], false)).Deleted?.map(({ Key }) => Key)).toEqual(['a&b', 'none']);
    expect((await remove(['c'], true)).Deleted).toBeUndefined();
    expect(server.dataFiles()).toHaveLength(1);
  });

  it.each([
    ['no object', '<Delete></Delete>'],
    ['broken XML', '<Delete><Object>'],
    ['a document type', '<!DOCTYPE x><Delete><Object><Key>a</Key></Object></Delete>'],
    ['an unknown entity', '<Delete><Object><Key>&passwd;</Key></Object></Delete>'],
    ['1,001 keys', `<Delete>${'<Object><Key>a</Key></Object>'.repeat(1001)}</Delete>`],
  ])('with %s are refused', async (_, body) => {
    const reply = await fetch(`${server.url}/${BUCKET}?delete`, {
      method: 'POST',
      body,
      headers: { 'content-md5': createHash('md5').update(body).digest('base64') },
    });

    expect(reply.status).toBe(400);
    expect(await reply.text()).toContain('<Code>MalformedXML</Code>');
  });

  it('need a checksum', async () => {
    const reply = await fetch(`${server.url}/${BUCKET}?delete`, {
      method: 'POST',
      body: '<Delete><Object><Key>a</Key></Object></Delete>',
    });
    expect([reply.status, await reply.text()]).toEqual([400, expect.stringContaining('<Code>InvalidRequest</Code>')]);
  });
});

describe('a bucket', () => {
  it('is made, found, listed and, when empty, deleted', async () => {
    const { client } = server;
    await client.send(new s3.CreateBucketCommand({ Bucket: 'second' }));
    expect(await client.send(new s3.HeadBucketCommand({ Bucket: 'second' }))).toMatchObject({
      BucketRegion: 'us-east-1',
    });
    expect((await client.send(new s3.ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).toEqual([
      'second',
      BUCKET,
    ]);
    expect(await client.send(new s3.GetBucketLocationCommand({ Bucket: 'second' }))).toMatchObject({});
    await client.send(new s3.PutObjectCommand({ Bucket: 'second', Key: 'k', Body: 'x' }));
    const remove = (): Promise<unknown> => client.send(new s3.DeleteBucketCommand({ Bucket: 'second' }));
    expect(await failure(remove())).toMatchObject({ status: 409, code: 'BucketNotEmpty' });
    await client.send(new s3.DeleteObjectCommand({ Bucket: 'second', Key: 'k' }));
    await remove();

    expect(await failure(client.send(new s3.ListObjectsV2Command({ Bucket: 'second' })))).toMatchObject({
      status: 404,
      code: 'NoSuchBucket',
    });
  });

  it('cannot be called what a folder must not be', async () => {
    for (const name of ['..%2Fout', 'Upper', 'a_b']) {
      const reply = await fetch(`${server.url}/${name}`, { method: 'PUT' });
      expect([reply.status, await reply.text()]).toEqual([400, expect.stringContaining('InvalidBucketName')]);
    }
  });

  it('is addressed by the name of the host as well', async () => {
    await server.put('by/host', 'x');
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += String(chunk)));
    socket.write(`GET /by/host HTTP/1.1\r\nHost: ${BUCKET}.localhost:${port}\r\nConnection: close\r\n\r\n`);
    await new Promise((resolve) => socket.once('close', resolve));

    expect(answer).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*\r\n\r\nx$/);
  });
});

describe('what is not run locally', () => {
  it.each([
    ['GET', `/${BUCKET}?policy`, {}],
    ['GET', `/${BUCKET}/k?acl`, {}],
    ['PUT', `/${BUCKET}/k?tagging`, {}],
    ['PUT', `/${BUCKET}/k`, { 'x-amz-tagging': 'a=b' }],
    ['PUT', `/${BUCKET}?versioning`, {}],
    ['PUT', `/${BUCKET}/k`, { 'x-amz-object-lock-mode': 'GOVERNANCE' }],
    ['PUT', `/${BUCKET}/k`, { 'x-amz-server-side-encryption-customer-key': 'a' }],
  ])('is refused by name: %s %s', async (method, path, headers) => {
    const reply = await fetch(`${server.url}${path}`, { method, headers });
    expect([reply.status, await reply.text()]).toEqual([501, expect.stringContaining('<Code>NotImplemented</Code>')]);
  });

  it('is an old version of an object', async () => {
    await server.put('k', 'x');

    expect(await failure(server.client.send(get('k', { VersionId: 'v1' })))).toMatchObject({
      status: 404,
      code: 'NoSuchVersion',
    });
  });
});

describe('a stream', () => {
  it('of many megabytes comes back as it was', async () => {
    const file = join(server.directory, 'large');
    const content = bytes(48);
    writeFileSync(file, content);
    await server.client.send(
      new s3.PutObjectCommand({
        Bucket: BUCKET,
        Key: 'large',
        Body: createReadStream(file),
        ContentLength: content.length,
      }),
    );
    const hash = createHash('sha256');
    const { Body } = await server.client.send(get('large'));
    for await (const chunk of Body as AsyncIterable<Buffer>) hash.update(chunk);

    expect(hash.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'));
  });
});
