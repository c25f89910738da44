import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConditionFailed, WorkspaceUnavailable } from '../../../agent-image/src/workspace/object-store';
import type { S3ObjectStore } from '../../../agent-image/src/workspace/s3-object-store';
import type { LocalS3 } from '../../support/local-s3';
import { removeDisks } from './support/disk';
import { s3Store, startBucket } from './support/s3';

let server: LocalS3;
let store: S3ObjectStore;

beforeAll(async () => {
  server = await startBucket();
  store = s3Store(server.url);
});

afterAll(async () => {
  store.close();
  await server.close();
  removeDisks();
});

test('objects are written and read, whole and in part', async () => {
  const etag = await store.put('a', Buffer.from('0123456789'));
  expect(await store.get('a')).toEqual({ body: Buffer.from('0123456789'), etag });
  expect((await store.get('a', { from: 3, length: 4 }))?.body.toString()).toBe('3456');
  expect(await store.get('missing')).toBeUndefined();
});

test('a write whose condition does not hold has no effect', async () => {
  const first = await store.put('conditional', Buffer.from('first'), 'absent');
  await expect(store.put('conditional', Buffer.from('x'), 'absent')).rejects.toBeInstanceOf(ConditionFailed);
  const second = await store.put('conditional', Buffer.from('second'), { etag: first });
  await expect(store.put('conditional', Buffer.from('x'), { etag: first })).rejects.toBeInstanceOf(ConditionFailed);
  await expect(store.put('nothing-there', Buffer.from('x'), { etag: first })).rejects.toBeInstanceOf(ConditionFailed);
  expect(await store.get('conditional')).toEqual({ body: Buffer.from('second'), etag: second });
});

test('objects are listed by their keys within the workspace, and deleted', async () => {
  await Promise.all(['pack/1', 'pack/2', 'man/1'].map((key) => store.put(key, Buffer.from(key))));
  const listed: string[] = [];
  for await (const { key, modified } of store.list('pack/')) {
    listed.push(key);
    expect(Math.abs(Date.now() - modified.getTime())).toBeLessThan(3_600_000);
  }
  expect(listed).toEqual(['pack/1', 'pack/2']);
  await store.remove(['pack/1', 'man/1']);
  expect(await store.get('pack/1')).toBeUndefined();
  expect((await store.get('pack/2'))?.body.toString()).toBe('pack/2');
  await store.remove([]);
});

test('the tag of an object is told, whether it was known or not', async () => {
  const etag = await store.put('HEAD', Buffer.from('content'));
  expect(await store.tagOf('HEAD', etag)).toBe(etag);
  expect(await store.tagOf('HEAD', '"another"')).toBe(etag);
  expect(await store.tagOf('HEAD', undefined)).toBe(etag);
  expect(await store.tagOf('pack/none', undefined)).toBeUndefined();
  expect(await store.tagOf('pack/none', etag)).toBeUndefined();
});

test('an object whose tag is known does not travel', async () => {
  const asked: unknown[] = [];
  const unchanged = createServer((req, res) => {
    asked.push(req.headers['if-none-match']);
    res.writeHead(304, { etag: '"known"' });
    res.end();
  });
  await new Promise<void>((resolve) => unchanged.listen(0, '127.0.0.1', resolve));
  const other = s3Store(`http://127.0.0.1:${(unchanged.address() as AddressInfo).port}`);
  expect(await other.tagOf('HEAD', '"known"')).toBe('"known"');
  expect(asked).toEqual(['"known"']);
  other.close();
  unchanged.closeAllConnections();
  await new Promise((resolve) => unchanged.close(resolve));
});

test('a bucket that is not there is named with what to do', async () => {
  const other = s3Store(server.url, 'another-bucket');
  const error = await other.put('HEAD', Buffer.from('x')).catch((caught: unknown) => caught);
  other.close();
  expect(error).toBeInstanceOf(WorkspaceUnavailable);
  expect(String(error)).toContain('Cannot write s3://another-bucket/workspaces/ada/session/HEAD: NoSuchBucket;');
  expect(String(error)).toContain('AGENT_WORKSPACE_BUCKET');
});

test('a refusal is told without what S3 wrote of it', async () => {
  const refusing = createServer((_req, res) => {
    res.writeHead(403, { 'content-type': 'application/xml' });
    res.end('<Error><Code>AccessDenied</Code><Message>secret-detail</Message></Error>');
  });
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
  const other = s3Store(`http://127.0.0.1:${(refusing.address() as AddressInfo).port}`);
  const error = await other.get('HEAD').catch((caught: unknown) => caught);
  other.close();
  refusing.closeAllConnections();
  await new Promise((resolve) => refusing.close(resolve));
  expect(String(error)).toContain('AccessDenied; let the user role');
  expect(String(error)).not.toContain('secret-detail');
});

test('an answer that breaks off is asked for again', async () => {
  let asked = 0;
  const breaking = createServer((_req, res) => {
    asked += 1;
    res.writeHead(200, { 'content-length': '10', etag: '"1"' });
    if (asked < 3) res.write('01234', () => res.destroy());
    else res.end('0123456789');
  });
  await new Promise<void>((resolve) => breaking.listen(0, '127.0.0.1', resolve));
  const other = s3Store(`http://127.0.0.1:${(breaking.address() as AddressInfo).port}`);
  expect((await other.get('pack/x'))?.body.toString()).toBe('0123456789');
  expect(asked).toBe(3);
  other.close();
  breaking.closeAllConnections();
  await new Promise((resolve) => breaking.close(resolve));
});

test('an answer that stops in the middle is given up, and asked for again', async () => {
  let asked = 0;
  const stalling = createServer((_req, res) => {
    asked += 1;
    res.writeHead(200, { 'content-length': '10', etag: '"1"' });
    if (asked < 2) res.write('01234');
    else res.end('0123456789');
  });
  await new Promise<void>((resolve) => stalling.listen(0, '127.0.0.1', resolve));
  const other = s3Store(`http://127.0.0.1:${(stalling.address() as AddressInfo).port}`, undefined, 100);
  expect((await other.get('pack/x'))?.body.toString()).toBe('0123456789');
  expect(asked).toBe(2);
  other.close();
  stalling.closeAllConnections();
  await new Promise((resolve) => stalling.close(resolve));
});
