import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ALLOWED_SITES_VARIABLE, handler } from '../../../../bin/app/tools/read-page';
import { call, failure } from './tool-call';

const realFetch = globalThis.fetch;

let server: Server;
let serve: RequestListener;
/** The hosts that were asked, in this order. */
let asked: string[];

beforeAll(async () => {
  server = createServer((req, res) => serve(req, res));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

beforeEach(() => {
  process.env[ALLOWED_SITES_VARIABLE] = 'docs.example.com, Example.org';
  asked = [];
  // Every host is the server of this test; nothing else of a request is changed.
  jest.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const { hostname, pathname, search } = input as URL;
    asked.push(hostname);
    return realFetch(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}${pathname}${search}`, init);
  });
});

afterEach(() => {
  jest.restoreAllMocks();
});

const page =
  (body: string, type = 'text/html; charset=utf-8'): RequestListener =>
  (_req, res) =>
    res.writeHead(200, { 'content-type': type }).end(body);
const read = (url: unknown): Promise<unknown> => call(handler, 'read_page', { url });

test('the text of a page comes without its scripts, styles, pictures and navigation', async () => {
  serve = page(
    '<html><head><style>p{}</style></head><body><nav>Menu</nav><h1>Title</h1><p>A <a href="/x">link</a> &amp; more</p><script>steal()</script><img src="x" alt="picture"></body></html>',
  );
  const { url, text } = (await read('https://docs.example.com/a?b=1')) as { url: string; text: string };
  expect(url).toBe('https://docs.example.com/a?b=1');
  expect(text).toMatch(/title\s+a link & more/i);
  expect(text).not.toMatch(/steal|Menu|picture|p\{\}/);
});

test('plain text and JSON come as they are', async () => {
  serve = page('{"a": "<b>"}', 'application/json');
  expect(await read('https://example.org/x')).toMatchObject({ text: '{"a": "<b>"}' });
});

test.each([
  ['http://docs.example.com/', /with https, without a port/],
  ['https://docs.example.com:8443/', /without a port/],
  ['https://user:secret@docs.example.com/', /without a user/],
  ['file:///etc/passwd', /cannot be read/],
  ['no address', /is no address/],
  ['https://example.com/', /example\.com is not open to this tool; it reads pages of docs\.example\.com, example\.org/],
  ['https://docs.example.com.evil.net/', /not open/],
  ['https://evil-example.org/', /not open/],
  ['https://127.0.0.1/', /not open/],
  ['https://docs.example.com@evil.net/', /without a user/],
])('%s is not read', async (url, reason) => {
  expect(await read(url)).toEqual(failure(reason));
  expect(asked).toEqual([]);
});

test('a page below an allowed site is read, and the site in any case of letters', async () => {
  serve = page('here', 'text/plain');
  expect(await read('https://WWW.Example.ORG/')).toMatchObject({ text: 'here' });
});

test('a page that has moved is followed within the list, and not out of it', async () => {
  serve = (req, res) =>
    req.url === '/old'
      ? res.writeHead(301, { location: 'https://example.org/new' }).end()
      : req.url === '/out'
        ? res.writeHead(302, { location: 'https://evil.net/' }).end()
        : page('new place', 'text/plain')(req, res);
  expect(await read('https://docs.example.com/old')).toEqual({ url: 'https://example.org/new', text: 'new place' });
  expect(await read('https://docs.example.com/out')).toEqual(failure(/evil\.net is not open/));
  expect(asked).toEqual(['docs.example.com', 'example.org', 'docs.example.com']);
});

test('a page that moves forever is given up', async () => {
  serve = (_req, res) => res.writeHead(302, { location: '/again' }).end();
  expect(await read('https://docs.example.com/')).toEqual(failure(/leads from one address to the next/));
});

test.each<[string, RequestListener, RegExp]>([
  ['is missing', (_req, res) => res.writeHead(404).end(), /answered 404/],
  ['is a picture', page('x', 'image/png'), /is image\/png; this tool reads text and HTML only/],
  ['is too large', page('x'.repeat(2_000_001), 'text/plain'), /more than 2 MB/],
  ['breaks off', (_req, res) => res.destroy(), /cannot be reached/],
])('a page that %s is an error that the model can read', async (_what, listener, reason) => {
  serve = listener;
  expect(await read('https://docs.example.com/')).toEqual(failure(reason));
});

test('a long page is cut, and says how much is missing', async () => {
  serve = page('y'.repeat(20_100), 'text/plain');
  expect(await read('https://docs.example.com/')).toMatchObject({
    text: expect.stringMatching(/^y{20000}\n\[100 more characters\]$/) as string,
  });
});

test('without a list nothing is read', async () => {
  process.env[ALLOWED_SITES_VARIABLE] = '';
  expect(await read('https://docs.example.com/')).toEqual(failure(/not open/));
});
