import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  mkdirSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { handlerCode } from '../../lib/private/handler-code';

const root = join(__dirname, '../..');
let directory: string;
const build = () => execFileSync(process.execPath, [join(root, 'lib/handlers/build.mjs'), directory]);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'bundles-'));
  build();
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** A sentence of the AWS SDK tells to require it, for buckets of several Regions. */
const TOLD = '@aws-sdk/signature-v4-crt';

const names = readdirSync(join(root, 'lib/handlers')).filter((name) =>
  existsSync(join(root, 'lib/handlers', name, 'handler.ts')),
);

test('every function of the library has a bundle', () => {
  expect(names).toContain('api');
  expect(readdirSync(directory).sort()).toEqual(names.sort());
});

test.each(names)(
  'the bundle of %s needs nothing but Node.js, and names no file of the machine it was made on',
  (name) => {
    const code = readFileSync(join(directory, name, 'index.js'), 'utf8');
    const required = [...code.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, module = '']) => module);
    const { builtinModules } = process.getBuiltinModule('node:module');
    const known = new Set([...builtinModules, TOLD]);
    expect(required.filter((module) => !known.has(module.replace(/^node:/, '')))).toEqual([]);
    expect(code).not.toContain(root);
  },
);

test('a bundle has the licenses of the packages in it, each text once', () => {
  const code = readFileSync(join(directory, 'api/index.js'), 'utf8');
  const [, comment = ''] = code.split('This file has code of other packages.');
  const packages = [...code.matchAll(/^\/\/ .*node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)].map(([, name = '']) => name);
  expect(new Set(packages).size).toBeGreaterThan(10);
  for (const name of packages) expect(comment).toContain(`\n${name} `);
  const texts = comment.split(/^-{60}$/m).map((notice) => notice.trim().split('\n\n').slice(1).join('\n\n'));
  expect(comment).toContain('Version 2.0, January 2004');
  expect(new Set(texts).size).toBe(texts.length);
  expect(readFileSync(join(directory, 'pre-sign-up/index.js'), 'utf8')).not.toContain('code of other packages');
});

test('the bundle of the API answers a request', () => {
  const event = { routeKey: 'GET /sessions', requestContext: {} };
  const script = `require(${JSON.stringify(join(directory, 'api/index.js'))}).handler(${JSON.stringify(event)}).then((reply) => console.log(JSON.stringify(reply)))`;
  const env = {
    PATH: process.env.PATH,
    AWS_REGION: 'eu-west-1',
    API_CLIENT_IDS: 'web',
    API_AGENT_NAME: 'support',
    API_USER_ROLE_ARN: 'arn:aws:iam::111122223333:role/r',
    API_SESSION_TABLE: 't',
    API_WORKSPACE_BUCKET: 'b',
    API_WORKSPACES_PREFIX: 'workspaces/',
    API_DOWNLOADS_PREFIX: 'downloads/',
  };
  expect(JSON.parse(execFileSync(process.execPath, ['-e', script], { env }).toString())).toMatchObject({
    statusCode: 401,
    body: expect.stringContaining('UNAUTHENTICATED') as string,
  });
  const broken = () =>
    execFileSync(process.execPath, ['-e', script], { env: { ...env, API_CLIENT_IDS: '' }, stdio: 'pipe' });
  expect(broken).toThrow(/API_CLIENT_IDS is missing/);
});

test('building again touches nothing that has not changed, and removes what has no source', () => {
  const file = join(directory, 'api/index.js');
  const before = statSync(file).mtimeMs;
  mkdirSync(join(directory, 'gone'));
  writeFileSync(join(directory, 'gone/index.js'), '');
  build();
  expect(statSync(file).mtimeMs).toBe(before);
  expect(readdirSync(directory)).not.toContain('gone');
});

test('code that is not there is an error that says how to make it', () => {
  expect(() => handlerCode('nonexistent')).toThrow(/"nonexistent" is not in .*npm run build:handlers/);
});
