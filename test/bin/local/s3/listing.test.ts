import fc from 'fast-check';
import { compareKeys, KeyIndex } from '../../../../bin/local/s3/key-index';
import { s3 } from '../support/aws-sdk';
import { BUCKET, failure, TestS3 } from '../support/test-s3';

let server: TestS3;

beforeAll(async () => {
  server = await new TestS3().start();
  for (const key of ['a/1', 'a/2', 'a/b/3', 'a0', 'b', 'c/4', 'c/5', 'd e+f&', 'é', '｡', '😀'])
    await server.put(key, key);
});

afterAll(() => server.remove());

async function list(input: Partial<s3.ListObjectsV2CommandInput> = {}): Promise<s3.ListObjectsV2CommandOutput> {
  return server.client.send(new s3.ListObjectsV2Command({ Bucket: BUCKET, ...input }));
}

const keys = ({ Contents = [] }: Pick<s3.ListObjectsV2CommandOutput, 'Contents'>): (string | undefined)[] =>
  Contents.map(({ Key }) => Key);
const prefixes = ({
  CommonPrefixes = [],
}: Pick<s3.ListObjectsV2CommandOutput, 'CommonPrefixes'>): (string | undefined)[] =>
  CommonPrefixes.map(({ Prefix }) => Prefix);

describe('a listing', () => {
  it('has every key in the order of UTF-8, with size and ETag', async () => {
    const all = await list();

    expect(keys(all)).toEqual(['a/1', 'a/2', 'a/b/3', 'a0', 'b', 'c/4', 'c/5', 'd e+f&', 'é', '｡', '😀']);
    expect(all).toMatchObject({ IsTruncated: false, KeyCount: 11 });
    expect(all.Contents?.[0]).toMatchObject({ Size: 3, ETag: expect.stringMatching(/^"[0-9a-f]{32}"$/) as string });
  });

  it('has the keys with a prefix, and sums up what is below a delimiter', async () => {
    expect(keys(await list({ Prefix: 'a/' }))).toEqual(['a/1', 'a/2', 'a/b/3']);
    const top = await list({ Delimiter: '/' });
    expect([prefixes(top), keys(top)]).toEqual([
      ['a/', 'c/'],
      ['a0', 'b', 'd e+f&', 'é', '｡', '😀'],
    ]);
    const below = await list({ Delimiter: '/', Prefix: 'a/' });
    expect([prefixes(below), keys(below)]).toEqual([['a/b/'], ['a/1', 'a/2']]);
    expect(keys(await list({ Prefix: 'nothing' }))).toEqual([]);
  });

  it.each([1, 2, 3, 5])('in pages of %d has everything once', async (MaxKeys) => {
    for (const input of [{}, { Delimiter: '/' }, { Delimiter: '/', Prefix: 'a/' }, { Prefix: 'c' }]) {
      const seen: (string | undefined)[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await list({ ...input, MaxKeys, ContinuationToken });
        expect(page.KeyCount).toBeLessThanOrEqual(MaxKeys);
        seen.push(...keys(page), ...prefixes(page));
        ContinuationToken = page.NextContinuationToken;
        expect(page.IsTruncated).toBe(ContinuationToken !== undefined);
      } while (ContinuationToken !== undefined);
      const whole = await list(input);

      expect(seen.sort()).toEqual([...keys(whole), ...prefixes(whole)].sort());
    }
  });

  it('starts after a key', async () => {
    expect(keys(await list({ StartAfter: 'c/4' }))).toEqual(['c/5', 'd e+f&', 'é', '｡', '😀']);
    expect(keys(await list({ StartAfter: 'A', Prefix: 'c/' }))).toEqual(['c/4', 'c/5']);
    expect(keys(await list({ StartAfter: 'z', Prefix: 'c/' }))).toEqual([]);
  });

  it('of no keys is empty and over', async () => {
    expect(await list({ MaxKeys: 0 })).toMatchObject({ KeyCount: 0, IsTruncated: false });
  });

  it('encodes keys when asked to', async () => {
    expect(keys(await list({ Prefix: 'd', EncodingType: 'url' }))).toEqual(['d%20e%2Bf%26']);
    expect(keys(await list({ Prefix: 'a/b', EncodingType: 'url' }))).toEqual(['a/b/3']);
  });

  it('of the first version has markers', async () => {
    const first = await server.client.send(new s3.ListObjectsCommand({ Bucket: BUCKET, MaxKeys: 1, Delimiter: '/' }));
    const second = await server.client.send(
      new s3.ListObjectsCommand({ Bucket: BUCKET, MaxKeys: 2, Delimiter: '/', Marker: first.NextMarker }),
    );

    expect([prefixes(first), first.NextMarker, keys(second)]).toEqual([['a/'], 'a/', ['a0', 'b']]);
  });

  it.each([
    ['max-keys=-1', 'InvalidArgument'],
    ['max-keys=x', 'InvalidArgument'],
    ['encoding-type=x', 'InvalidArgument'],
    ['continuation-token=', 'InvalidArgument'],
  ])('with %s is refused', async (query, code) => {
    const reply = await fetch(`${server.url}/${BUCKET}?list-type=2&${query}`);
    expect([reply.status, await reply.text()]).toEqual([400, expect.stringContaining(`<Code>${code}</Code>`)]);
  });

  it('of a bucket that does not exist is refused', async () => {
    expect(await failure(list({ Bucket: 'none-such' }))).toMatchObject({ status: 404, code: 'NoSuchBucket' });
  });
});

describe('the order of keys', () => {
  it('is that of their bytes', () => {
    const key = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(key, key, (left, right) => {
        expect(Math.sign(compareKeys(left, right))).toBe(
          Math.sign(Buffer.compare(Buffer.from(left), Buffer.from(right))),
        );
      }),
    );
  });

  it('holds while keys come and go', () => {
    const change = fc.tuple(fc.constantFrom('add', 'remove'), fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const index = new KeyIndex([]);
        const expected = new Set<string>();
        for (const [what, key] of changes) {
          index[what](key);
          expected[what === 'add' ? 'add' : 'delete'](key);
        }
        const walked: string[] = [];
        for (let key = index.from(''); key !== undefined; key = index.after(key)) walked.push(key);

        expect(walked).toEqual([...expected].sort(compareKeys));
      }),
    );
  });
});

describe('a listing of versions', () => {
  it('has the latest one of every key, in pages too, so that a bucket can be emptied by it', async () => {
    const seen: (string | undefined)[] = [];
    let KeyMarker: string | undefined;
    do {
      const page = await server.client.send(
        new s3.ListObjectVersionsCommand({ Bucket: BUCKET, MaxKeys: 4, KeyMarker }),
      );
      expect(page.Versions?.every(({ VersionId, IsLatest }) => VersionId === 'null' && IsLatest === true)).toBe(true);
      seen.push(...(page.Versions ?? []).map(({ Key }) => Key));
      KeyMarker = page.NextKeyMarker;
      expect(page.IsTruncated).toBe(KeyMarker !== undefined);
    } while (KeyMarker !== undefined);

    expect(seen).toEqual(keys(await list()));
  });

  it('sums up what is below a delimiter, and is empty where nothing is', async () => {
    const versions = (input: object): Promise<s3.ListObjectVersionsCommandOutput> =>
      server.client.send(new s3.ListObjectVersionsCommand({ Bucket: BUCKET, ...input }));

    expect(prefixes(await versions({ Delimiter: '/' }))).toEqual(['a/', 'c/']);
    expect((await versions({ Prefix: 'nothing' })).Versions).toBeUndefined();
  });
});
