import { createHash } from 'node:crypto';
import { s3 } from '../support/aws-sdk';
import { BUCKET, bytes, failure, TestS3 } from '../support/test-s3';

const PART = 5;
let server: TestS3;

beforeEach(async () => {
  server = await new TestS3().start();
});

afterEach(() => server.remove());

async function begin(rest: Partial<s3.CreateMultipartUploadCommandInput> = {}): Promise<Upload> {
  const { UploadId } = await server.client.send(
    new s3.CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'k', ...rest }),
  );
  return new Upload(UploadId ?? '');
}

class Upload {
  public readonly parts: s3.CompletedPart[] = [];

  constructor(public readonly id: string) {}

  public async put(PartNumber: number, Body: string | Uint8Array): Promise<s3.CompletedPart> {
    const reply = await server.client.send(new s3.UploadPartCommand({ ...this.at, PartNumber, Body }));
    const { ETag, ChecksumCRC32, ChecksumCRC64NVME } = reply;
    const part = { PartNumber, ETag, ChecksumCRC32, ChecksumCRC64NVME };
    this.parts.push(part);
    return part;
  }

  public async complete(
    Parts: s3.CompletedPart[] = this.parts,
    rest: Partial<s3.CompleteMultipartUploadCommandInput> = {},
  ): Promise<s3.CompleteMultipartUploadCommandOutput> {
    return server.client.send(
      new s3.CompleteMultipartUploadCommand({ ...this.at, MultipartUpload: { Parts }, ...rest }),
    );
  }

  public async abort(): Promise<unknown> {
    return server.client.send(new s3.AbortMultipartUploadCommand(this.at));
  }

  public async list(rest: Partial<s3.ListPartsCommandInput> = {}): Promise<s3.ListPartsCommandOutput> {
    return server.client.send(new s3.ListPartsCommand({ ...this.at, ...rest }));
  }

  public get at(): { readonly Bucket: string; readonly Key: string; readonly UploadId: string } {
    return { Bucket: BUCKET, Key: 'k', UploadId: this.id };
  }
}

describe('an upload in parts', () => {
  it('becomes an object of the parts in order, with the metadata of its start and an ETag that counts them', async () => {
    const [one, two] = [bytes(PART), bytes(PART)];
    const upload = await begin({ Metadata: { a: 'b' }, ContentType: 'text/plain' });
    const last = await upload.put(3, 'end');
    const parts = [await upload.put(1, one), await upload.put(2, two), last];
    const done = await upload.complete(parts);
    const whole = Buffer.concat([one, two, Buffer.from('end')]);
    const { Body, ...got } = await server.client.send(new s3.GetObjectCommand({ Bucket: BUCKET, Key: 'k' }));
    const md5s = [one, two, 'end'].map((part) => createHash('md5').update(part).digest());

    expect(whole.equals((await Body?.transformToByteArray()) ?? new Uint8Array())).toBe(true);
    expect(got).toMatchObject({ Metadata: { a: 'b' }, ContentType: 'text/plain', ContentLength: whole.length });
    expect(done.ETag).toBe(`"${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-3"`);
  });

  it('is read in ranges across its parts', async () => {
    const upload = await begin();
    const one = bytes(PART);
    await upload.put(1, one);
    await upload.put(2, 'second');
    await upload.complete();
    const Range = `bytes=${String(one.length - 2)}-${String(one.length + 2)}`;
    const { Body } = await server.client.send(new s3.GetObjectCommand({ Bucket: BUCKET, Key: 'k', Range }));

    expect(Buffer.from((await Body?.transformToByteArray()) ?? [])).toEqual(
      Buffer.concat([one.subarray(-2), Buffer.from('sec')]),
    );
  });

  it('takes what was put last under a number, and drops parts that are not listed', async () => {
    const upload = await begin();
    await upload.put(1, 'first');
    const again = await upload.put(1, 'again');
    await upload.put(2, 'unused');
    await upload.complete([again]);

    expect(await server.text('k')).toBe('again');
    expect(server.dataFiles()).toHaveLength(1);
  });

  it('survives a restart', async () => {
    const upload = await begin();
    await upload.put(1, 'kept');
    await server.stop();
    await server.start();
    await upload.complete();
    await server.stop();
    await server.start();

    expect(await server.text('k')).toBe('kept');
  });

  it('is completed only on the condition that is given, and stays when it fails', async () => {
    await server.put('k', 'there');
    const upload = await begin();
    await upload.put(1, 'new');

    expect(await failure(upload.complete(upload.parts, { IfNoneMatch: '*' }))).toMatchObject({ status: 412 });
    expect(await failure(upload.complete(upload.parts, { IfMatch: '"other"' }))).toMatchObject({ status: 412 });
    expect(await server.text('k')).toBe('there');
    await upload.complete();
    expect(await server.text('k')).toBe('new');
  });

  it('of several under way with one condition, one wins', async () => {
    const uploads = await Promise.all(Array.from({ length: 8 }, () => begin()));
    await Promise.all(uploads.map((upload) => upload.put(1, upload.id)));
    const outcomes = await Promise.allSettled(
      uploads.map((upload) => upload.complete(upload.parts, { IfNoneMatch: '*' })),
    );
    const winner = uploads[outcomes.findIndex(({ status }) => status === 'fulfilled')];

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await server.text('k')).toBe(winner?.id);
  });

  it('is listed with its parts, and gone once aborted', async () => {
    const upload = await begin();
    await upload.put(1, 'one');
    await upload.put(2, 'three');
    const uploads = async (Prefix?: string): Promise<(string | undefined)[]> => {
      const { Uploads = [] } = await server.client.send(
        new s3.ListMultipartUploadsCommand({ Bucket: BUCKET, ...(Prefix === undefined ? {} : { Prefix }) }),
      );
      return Uploads.map(({ UploadId }) => UploadId);
    };

    expect(await uploads()).toEqual([upload.id]);
    expect(await uploads('x')).toEqual([]);
    const { Parts, ...page } = await upload.list({ MaxParts: 1 });
    expect(Parts).toMatchObject([{ PartNumber: 1, Size: 3 }]);
    expect(page).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '1' });
    expect((await upload.list({ PartNumberMarker: '1' })).Parts).toMatchObject([{ PartNumber: 2, Size: 5 }]);

    await upload.abort();
    expect(await uploads()).toEqual([]);
    expect(server.dataFiles()).toEqual([]);
    expect(await failure(upload.put(3, 'x'))).toMatchObject({ status: 404, code: 'NoSuchUpload' });
    expect(server.dataFiles()).toEqual([]);
  });

  it('has parts that are copies of ranges', async () => {
    await server.put('from', '0123456789');
    const upload = await begin();
    const { CopyPartResult } = await server.client.send(
      new s3.UploadPartCopyCommand({
        ...upload.at,
        PartNumber: 1,
        CopySource: `${BUCKET}/from`,
        CopySourceRange: 'bytes=2-4',
      }),
    );
    await upload.complete([{ PartNumber: 1, ETag: CopyPartResult?.ETag }]);

    expect(await server.text('k')).toBe('234');
  });

  it.each<[string, (parts: s3.CompletedPart[]) => s3.CompletedPart[], string]>([
    ['in the wrong order', ([one = {}, two = {}]) => [two, one], 'InvalidPartOrder'],
    ['with another ETag', ([one]) => [{ ...one, ETag: '"other"' }], 'InvalidPart'],
    ['with another checksum', ([one]) => [{ ...one, ChecksumCRC32: 'AAAAAA==' }], 'InvalidPart'],
    ['that was never put', () => [{ PartNumber: 9, ETag: '"x"' }], 'InvalidPart'],
    ['that is too small before another one', (parts) => parts, 'EntityTooSmall'],
    ['of which there is none', () => [], 'MalformedXML'],
  ])('is not completed with a part %s', async (_, change, code) => {
    const upload = await begin();
    await upload.put(1, 'small');
    await upload.put(2, 'last');

    expect(await failure(upload.complete(change(upload.parts)))).toMatchObject({ status: 400, code });
  });

  it('takes no part number beyond 10,000', async () => {
    const upload = await begin();

    expect(await failure(upload.put(10_001, 'x'))).toMatchObject({ status: 400, code: 'InvalidArgument' });
  });
});

describe('the checksum of an upload in parts', () => {
  it.each([
    ['CRC32', 'COMPOSITE', /^.{8}-2$/],
    ['CRC64NVME', 'FULL_OBJECT', /^.{12}$/],
  ] as const)('%s is %s', async (ChecksumAlgorithm, type, form) => {
    const upload = await begin({ ChecksumAlgorithm });
    for (const [index, body] of [bytes(PART), Buffer.from('end')].entries()) {
      const { ETag, ChecksumCRC32, ChecksumCRC64NVME } = await server.client.send(
        new s3.UploadPartCommand({ ...upload.at, PartNumber: index + 1, Body: body, ChecksumAlgorithm }),
      );
      upload.parts.push({ PartNumber: index + 1, ETag, ChecksumCRC32, ChecksumCRC64NVME });
    }
    const done = await upload.complete();

    expect(done[`Checksum${ChecksumAlgorithm}`]).toMatch(form);
    expect(done.ChecksumType).toBe(type);
  });

  it('of the whole object is that of the same bytes in one piece, and a wrong one is refused', async () => {
    const parts = [bytes(PART), bytes(PART), Buffer.from('the end')];
    const { ChecksumCRC32: whole } = await server.put('whole', Buffer.concat(parts), { ChecksumAlgorithm: 'CRC32' });
    const upload = await begin({ ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
    for (const [index, part] of parts.entries()) await upload.put(index + 1, part);

    expect(await failure(upload.complete(upload.parts, { ChecksumCRC32: 'AAAAAA==' }))).toMatchObject({
      status: 400,
      code: 'BadDigest',
    });
    expect((await upload.complete(upload.parts, { ChecksumCRC32: whole })).ChecksumCRC32).toBe(whole);
    // The client checks it against the bytes while it reads.
    expect((await server.text('k')).length).toBeGreaterThan(0);
  });
});
