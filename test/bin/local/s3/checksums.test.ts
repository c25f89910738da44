import { createHash, createHmac } from 'node:crypto';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { decodeAwsChunked } from '../../../../bin/local/s3/aws-chunked';
import { CHECKSUM_ALGORITHMS, createDigest } from '../../../../bin/local/s3/checksum';
import { chunkVerifier } from '../../../../bin/local/s3/chunk-signature';
import { combineCrc } from '../../../../bin/local/s3/crc';
import { s3 } from '../support/aws-sdk';
import { BUCKET, TestS3 } from '../support/test-s3';

const digest = (algorithm: (typeof CHECKSUM_ALGORITHMS)[number], ...data: (string | Buffer)[]): Buffer => {
  const one = createDigest(algorithm);
  for (const piece of data) one.update(Buffer.from(piece));
  return one.digest();
};

describe('the checksums', () => {
  // The check values of the catalogue of CRCs, which are of these nine digits.
  it.each([
    ['CRC32', 'cbf43926'],
    ['CRC32C', 'e3069283'],
    ['CRC64NVME', 'ae8b14860a799888'],
  ] as const)('%s has its check value', (algorithm, expected) => {
    expect(digest(algorithm, '123456789').toString('hex')).toBe(expected);
    expect(digest(algorithm, '1234', '', '56789').toString('hex')).toBe(expected);
  });

  it.each(['CRC32', 'CRC32C', 'CRC64NVME'] as const)('%s of two pieces is that of both together', (algorithm) => {
    const piece = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(piece, piece, (first, second) => {
        const combined = combineCrc(algorithm, digest(algorithm, first), digest(algorithm, second), second.length);
        expect(combined).toEqual(digest(algorithm, first, second));
      }),
      { numRuns: 50 },
    );
  });
});

describe('what a caller states of a body', () => {
  let server: TestS3;

  beforeEach(async () => {
    server = await new TestS3().start();
  });

  afterEach(() => server.remove());

  const send = async (headers: Record<string, string>, body: string | Buffer = 'hello'): Promise<[number, string]> => {
    const reply = await fetch(`${server.url}/${BUCKET}/k`, {
      method: 'PUT',
      headers,
      body: new Uint8Array(Buffer.from(body)),
    });
    return [reply.status, await reply.text()];
  };

  it.each(CHECKSUM_ALGORITHMS)(
    '%s is checked, kept, and given back to readers who want it',
    async (ChecksumAlgorithm) => {
      const put = await server.put('k', 'hello', { ChecksumAlgorithm });
      const value = digest(ChecksumAlgorithm, 'hello').toString('base64');
      const head = await server.client.send(
        new s3.HeadObjectCommand({ Bucket: BUCKET, Key: 'k', ChecksumMode: 'ENABLED' }),
      );
      const header = `x-amz-checksum-${ChecksumAlgorithm.toLowerCase()}`;

      expect([put[`Checksum${ChecksumAlgorithm}`], head[`Checksum${ChecksumAlgorithm}`]]).toEqual([value, value]);
      expect(await send({ [header]: digest(ChecksumAlgorithm, 'other').toString('base64') })).toEqual([
        400,
        expect.stringContaining('<Code>BadDigest</Code>'),
      ]);
    },
  );

  it('comes behind a stream as well', async () => {
    const Body = Readable.from([Buffer.alloc(100_000, 'a'), Buffer.from('b')]);
    const put = await server.client.send(
      new s3.PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body, ContentLength: 100_001, ChecksumAlgorithm: 'CRC32C' }),
    );

    expect(put.ChecksumCRC32C).toBe(digest('CRC32C', Buffer.alloc(100_000, 'a'), 'b').toString('base64'));
    expect(await server.text('k')).toHaveLength(100_001);
  });

  it.each<[string, Record<string, string>, string, string]>([
    ['a wrong MD5', { 'content-md5': createHash('md5').update('x').digest('base64') }, 'hello', 'BadDigest'],
    ['no MD5', { 'content-md5': 'short' }, 'hello', 'InvalidDigest'],
    ['a wrong SHA-256', { 'x-amz-content-sha256': '0'.repeat(64) }, 'hello', 'XAmzContentSHA256Mismatch'],
    ['two checksums', { 'x-amz-checksum-crc32': 'a', 'x-amz-checksum-sha1': 'b' }, 'hello', 'InvalidRequest'],
    ['an unknown algorithm', { 'x-amz-sdk-checksum-algorithm': 'MD4' }, 'hello', 'InvalidRequest'],
    [
      'a wrong length',
      { ...streaming(4), 'x-amz-decoded-content-length': '9' },
      '4\r\nabcd\r\n0\r\n\r\n',
      'IncompleteBody',
    ],
    ['a broken size', streaming(4), 'zz\r\nabcd\r\n0\r\n\r\n', 'IncompleteBody'],
    ['too long a chunk', streaming(4), '4\r\nabcde\r\n0\r\n\r\n', 'IncompleteBody'],
    ['half a chunk', streaming(4), '4\r\nab', 'IncompleteBody'],
    [
      'a wrong trailer',
      streaming(4, 'x-amz-checksum-crc32'),
      '4\r\nabcd\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n',
      'BadDigest',
    ],
    [
      'no trailer where one is announced',
      streaming(4, 'x-amz-checksum-crc32'),
      '4\r\nabcd\r\n0\r\n\r\n',
      'MalformedTrailerError',
    ],
  ])('is refused when it is %s, and the object stays as it was', async (_, headers, body, code) => {
    await server.put('k', 'before');

    expect(await send(headers, body)).toEqual([400, expect.stringContaining(`<Code>${code}</Code>`)]);
    expect(await server.text('k')).toBe('before');
    expect(server.dataFiles()).toHaveLength(1);
  });

  it('has to include the length', async () => {
    const body = new ReadableStream({
      start: (controller) => {
        controller.enqueue(Buffer.from('x'));
        controller.close();
      },
    });
    const reply = await fetch(`${server.url}/${BUCKET}/k`, { method: 'PUT', body, duplex: 'half' } as RequestInit);

    expect([reply.status, await reply.text()]).toEqual([411, expect.stringContaining('MissingContentLength')]);
  });
});

describe('a stream of signed chunks', () => {
  const claim = {
    date: '20130524',
    region: 'us-east-1',
    service: 's3',
    accessKeyId: 'a',
    signedHeaders: [],
    signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  };
  const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

  async function decode(text: string, trailers = new Map<string, string>()): Promise<string> {
    let hash = createHash('sha256');
    const source = Readable.from([...Buffer.from(text).toString('latin1')].map((one) => Buffer.from(one, 'latin1')));
    const pieces: Buffer[] = [];
    const chunks = decodeAwsChunked(source, trailers, {
      verifier: chunkVerifier(claim, '20130524T000000Z', secret),
      hash: {
        update: (data) => hash.update(data),
        end: () => {
          const hex = hash.digest('hex');
          hash = createHash('sha256');
          return hex;
        },
      },
    });
    for await (const piece of chunks) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  }

  /** The example of the Amazon S3 API reference: 65 KiB, 1 KiB and the end. */
  const example = [
    `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${'a'.repeat(65_536)}\r\n`,
    `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${'a'.repeat(1024)}\r\n`,
    '0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n',
  ];

  it('is read when every signature follows from the one before', async () => {
    expect(await decode(example.join(''))).toBe('a'.repeat(65_536 + 1024));
  });

  it.each<[string, string[]]>([
    ['a changed byte', [example[0]?.replace('aaa', 'aba') ?? '', ...example.slice(1)]],
    ['a chunk left out', [example[0] ?? '', example[2] ?? '']],
    ['no signature', ['3\r\nabc\r\n', '0\r\n\r\n']],
  ])('is refused with %s', async (_, chunks) => {
    await expect(decode(chunks.join(''))).rejects.toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' });
  });

  it('has signed trailers', async () => {
    const key = ['20130524', 'us-east-1', 's3', 'aws4_request'].reduce<Buffer>(
      (all, part) => createHmac('sha256', all).update(part).digest(),
      Buffer.from(`AWS4${secret}`),
    );
    const scope = '20130524T000000Z\n20130524/us-east-1/s3/aws4_request';
    const empty = createHash('sha256').digest('hex');
    const last = createHmac('sha256', key)
      .update(`AWS4-HMAC-SHA256-PAYLOAD\n${scope}\n${claim.signature}\n${empty}\n${empty}`)
      .digest('hex');
    const trailerHash = createHash('sha256').update('x-amz-checksum-crc32:AAAAAA==\n').digest('hex');
    const signature = createHmac('sha256', key)
      .update(`AWS4-HMAC-SHA256-TRAILER\n${scope}\n${last}\n${trailerHash}`)
      .digest('hex');
    const text = (value: string): string =>
      `0;chunk-signature=${last}\r\nx-amz-checksum-crc32:${value}\r\nx-amz-trailer-signature:${signature}\r\n\r\n`;
    const trailers = new Map<string, string>();

    expect(await decode(text('AAAAAA=='), trailers)).toBe('');
    expect(trailers.get('x-amz-checksum-crc32')).toBe('AAAAAA==');
    await expect(decode(text('BBBBBB=='))).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
  });
});

function streaming(length: number, trailer?: string): Record<string, string> {
  return {
    'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    'content-encoding': 'aws-chunked',
    'x-amz-decoded-content-length': String(length),
    ...(trailer === undefined ? {} : { 'x-amz-trailer': trailer }),
  };
}
