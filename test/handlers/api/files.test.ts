import { mkdirSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { sessionKeyOf } from '../../../agent-image/src/workspace/session-trees';
import { S3SessionObjects } from '../../../lib/handlers/api/adapters/s3-session-objects';
import { createHandler } from '../../../lib/handlers/api/create-handler';
import type { FileContent, FileList } from '../../../lib/handlers/api/files';
import type { HttpReply } from '../../../lib/handlers/api/http-event';
import { keepSession } from './support/kept-session';
import { LocalServices } from './support/local-services';
import { bodyOf, refusal, requestOf, type RequestParts, sessionId } from './support/requests';

const SESSION = sessionId('files');

let services: LocalServices;
const logged: string[] = [];
const ask = (sub: string, route: string, parts?: RequestParts): Promise<HttpReply> =>
  createHandler(services.environment, (line) => logged.push(line))(requestOf(sub, route, parts));
const list = (query: Readonly<Record<string, string>> = {}) =>
  ask('ada', 'GET /sessions/{id}/files', { id: SESSION, query });
const content = (path: string, sub = 'ada') =>
  ask(sub, 'GET /sessions/{id}/files/content', { id: SESSION, query: { path } });

beforeAll(async () => {
  services = await LocalServices.start();
});
afterAll(() => services.stop());
beforeEach(() => {
  logged.length = 0;
});

describe('the files of a session', () => {
  beforeAll(async () => {
    await services.putRow('ada', SESSION);
    await keepSession(services, 'ada', SESSION, {
      files: { 'read me.md': '# Hi', 'src/main.ts': 'go()', 'src/deep/x.ts': 'x', 'grün.txt': 'grün', 'empty.txt': '' },
      transcript: [{ type: 'user', uuid: '1', message: { content: 'private to the agent' } }],
      arrange: (directory) => {
        symlinkSync('/etc/passwd', join(directory, 'link'));
        mkdirSync(join(directory, 'void'));
        writeFileSync(Buffer.concat([Buffer.from(`${directory}/latin-`), Buffer.from([0xfc])]), 'x');
        utimesSync(join(directory, 'src/main.ts'), new Date(0), new Date('2026-01-02T03:04:05.500Z'));
        for (let number = 0; number < 10; number += 1) writeFileSync(join(directory, 'src/deep', `${number}.ts`), '');
      },
    });
  });

  test('are listed by directory, in order, with what is known of each', async () => {
    const { asOf, files, cursor } = bodyOf<FileList>(await list());
    expect(Date.parse(asOf ?? '')).toBeGreaterThan(Date.parse('2026-01-01'));
    expect(cursor).toBeUndefined();
    expect(files.map(({ name, type, addressable }) => [name, type, addressable])).toEqual([
      ['empty.txt', 'file', undefined],
      ['grün.txt', 'file', undefined],
      ['latin-\ufffd', 'file', false],
      ['link', 'link', undefined],
      ['read me.md', 'file', undefined],
      ['src', 'directory', undefined],
      ['void', 'directory', undefined],
    ]);
    expect(files.find(({ name }) => name === 'link')).toEqual({
      name: 'link',
      path: 'link',
      type: 'link',
      target: '/etc/passwd',
    });
    for (const prefix of ['src', 'src/']) {
      expect(bodyOf<FileList>(await list({ prefix })).files).toEqual([
        { name: 'deep', path: 'src/deep', type: 'directory' },
        { name: 'main.ts', path: 'src/main.ts', type: 'file', size: 4, modified: '2026-01-02T03:04:05.500Z' },
      ]);
    }
    expect(bodyOf<FileList>(await list({ prefix: 'void' })).files).toEqual([]);
  });

  test('come page by page', async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page: FileList = bodyOf(await list({ prefix: 'src/deep', limit: '4', ...(cursor && { cursor }) }));
      seen.push(...page.files.map(({ name }) => name));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual([...Array.from({ length: 10 }, (_, number) => `${number}.ts`), 'x.ts']);
  });

  test.each([
    ['read me.md', '# Hi', 'read me.md', 'read%20me.md'],
    ['src/main.ts', 'go()', 'main.ts', 'main.ts'],
    ['grün.txt', 'grün', 'gr_n.txt', 'gr%C3%BCn.txt'],
    ['empty.txt', '', 'empty.txt', 'empty.txt'],
  ])('give %s at an address that works for minutes and is saved, not shown', async (path, text, plain, encoded) => {
    const reply = bodyOf<FileContent>(await content(path));
    expect(reply).toMatchObject({ size: Buffer.byteLength(text), expiresIn: 300 });
    const { searchParams, pathname } = new URL(reply.url);
    expect(searchParams.get('X-Amz-Expires')).toBe('300');
    expect(searchParams.get('X-Amz-Security-Token')).toBe('session-of-ada');
    expect(pathname).toContain(`/downloads/ada/${sessionKeyOf(SESSION)}/`);

    const download = await fetch(reply.url);
    expect(await download.text()).toBe(text);
    expect(download.headers.get('content-type')).toBe('application/octet-stream');
    expect(download.headers.get('content-disposition')).toBe(
      `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`,
    );
  });

  test('are copied once for the same content, and again for another', async () => {
    const id = sessionId('copies');
    const copies = () => services.keysOf(`downloads/ada/${sessionKeyOf(id)}/`);
    const textAt = async (path: string) => {
      const { url } = bodyOf<FileContent>(
        await ask('ada', 'GET /sessions/{id}/files/content', { id, query: { path } }),
      );
      return (await fetch(url)).text();
    };
    await keepSession(services, 'ada', id, { files: { 'one.txt': 'one', 'two.txt': 'two', 'empty.txt': '' } });
    for (const text of ['one', 'two', 'one', 'two']) expect(await textAt(`${text}.txt`)).toBe(text);
    expect(await copies()).toHaveLength(2);
    await keepSession(services, 'ada', id, { files: { 'one.txt': 'eno', 'two.txt': 'two' } });
    expect(await textAt('one.txt')).toBe('eno');
    expect(await textAt('empty.txt')).toBe('');
    expect(await copies()).toHaveLength(4);
  });

  test('whose copy is about to be deleted are copied again', async () => {
    const objects: Record<string, { text: string; modified: Date }> = {};
    const store = {
      get: () => Promise.resolve(undefined),
      put: (key: string, body: Buffer) => {
        objects[key] = { text: body.toString(), modified: new Date() };
        return Promise.resolve('');
      },
      async *list(prefix: string) {
        await Promise.resolve();
        for (const [key, { modified }] of Object.entries(objects)) if (key.startsWith(prefix)) yield { key, modified };
      },
      tagOf: () => Promise.resolve(undefined),
      remove: () => Promise.resolve(),
      close: () => undefined,
    };
    const client = new S3Client({
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example-secret' },
    });
    const session = new S3SessionObjects({ workspace: store, downloads: store, client, bucket: 'b', prefix: 'd/' });
    let read = 0;
    const offer = () =>
      session.offer({
        key: 'content',
        name: 'a.txt',
        content: () => {
          read += 1;
          return Promise.resolve(Buffer.from('a'));
        },
      });
    await offer();
    await offer();
    expect(read).toBe(1);
    objects.content = { text: 'a', modified: new Date(Date.now() - 13 * 3_600_000) };
    objects.content2 = { text: 'another', modified: new Date() };
    await offer();
    expect(read).toBe(2);
    client.destroy();
  });

  test('that are large come whole, out of many frames', async () => {
    const id = sessionId('large');
    const bytes = Buffer.concat([randomBytes(6_000_000), Buffer.alloc(6_000_000, 'text ')]);
    await keepSession(services, 'ada', id, { files: { 'large.bin': bytes } });
    const query = { path: 'large.bin' };
    const { url, size } = bodyOf<FileContent>(await ask('ada', 'GET /sessions/{id}/files/content', { id, query }));
    expect(size).toBe(bytes.length);
    expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes)).toBe(true);
  });

  test('beyond the limit are refused with the limit', async () => {
    const id = sessionId('huge');
    const arrange = (directory: string) => {
      writeFileSync(join(directory, 'huge'), '');
      truncateSync(join(directory, 'huge'), 128 * 1024 * 1024 + 1);
    };
    await keepSession(services, 'ada', id, { arrange });
    const reply = await ask('ada', 'GET /sessions/{id}/files/content', { id, query: { path: 'huge' } });
    expect(refusal(reply)).toEqual([413, 'FILE_TOO_LARGE']);
    expect(reply.body).toContain('134217728');
  });

  test.each([
    ['../sessions', 400],
    ['src/../../sessions', 400],
    ['/etc/passwd', 400],
    ['./src', 400],
    ['src//main.ts', 400],
    ['src/main.ts/', 400],
    ['a\0b', 400],
    ['x'.repeat(300), 400],
    ['src', 400],
    ['link', 400],
    ['link/passwd', 404],
    ['latin-\ufffd', 404],
    ['latin-ü', 404],
    ['nothing.txt', 404],
    [`sessions/${sessionKeyOf(SESSION)}/record.json`, 404],
    ['files/src/main.ts', 404],
  ])('are not reached by the path %j', async (path, status) => {
    expect(refusal(await content(path))).toEqual([status, status === 400 ? 'INVALID_REQUEST' : 'NOT_FOUND']);
  });

  test.each([
    ['..', 400],
    ['../', 400],
    ['/', 200],
    ['//', 400],
    ['src/../..', 400],
    ['sessions', 404],
    ['src/main.ts', 404],
    ['link', 404],
  ])('are not listed by the prefix %j beyond the working directory', async (prefix, status) => {
    const reply = await list({ prefix });
    expect(reply.statusCode).toBe(status);
    expect(reply.body).not.toContain('record.json');
  });

  test('of another user are as those of nobody', async () => {
    const id = sessionId('none');
    for (const route of ['files', 'files/content', 'messages']) {
      const parts = { query: { path: 'read me.md' } };
      const others = await ask('bob', `GET /sessions/{id}/${route}`, { ...parts, id: SESSION });
      expect(refusal(others)).toEqual([404, 'NOT_FOUND']);
      expect(others).toEqual(await ask('bob', `GET /sessions/{id}/${route}`, { ...parts, id }));
    }
  });
});

test('a session of which nothing was kept yet has no files', async () => {
  const id = sessionId('new');
  await services.putRow('ada', id);
  expect(bodyOf(await ask('ada', 'GET /sessions/{id}/files', { id }))).toEqual({ files: [] });
  const path = { path: 'a.txt' };
  expect(refusal(await ask('ada', 'GET /sessions/{id}/files/content', { id, query: path }))).toEqual([
    404,
    'NOT_FOUND',
  ]);
  expect(refusal(await ask('ada', 'GET /sessions/{id}/files', { id, query: { prefix: 'src' } }))).toEqual([
    404,
    'NOT_FOUND',
  ]);
});

test('what was kept and cannot be understood is told, and logged', async () => {
  const id = sessionId('damaged');
  const store = services.objects(`workspaces/ada/${sessionKeyOf(id)}/`);
  await store.put('HEAD', Buffer.from('agent-workspace 1\n{"generation":1}\n'));
  store.close();
  expect(refusal(await ask('ada', 'GET /sessions/{id}/files', { id }))).toEqual([500, 'WORKSPACE_DAMAGED']);
  expect(logged.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ code: 'WORKSPACE_DAMAGED', request: 'request-1', route: 'GET /sessions/{id}/files' }),
  ]);
});
