import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { AgentGateway, GatewayTool } from '../../lib';

let directory: string;
let entry: string;

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'bundling-root-')));
  const tools = join(directory, 'packages', 'tools', 'src');
  mkdirSync(tools, { recursive: true });
  entry = join(tools, 'find.ts');
  writeFileSync(entry, `export const handler = async (event: { id: string }) => ({ found: event.id });`);
});
afterEach(() => rmSync(directory, { recursive: true }));

const put = (path: string, content = '{}'): void => writeFileSync(join(directory, path), content);

const appWith = (...entries: string[]): App => appOf(entries);

function appOf(entries: string[], context: Record<string, unknown> = {}): App {
  // The CDK keeps what it has bundled for a directory.
  const app = new App({ outdir: mkdtempSync(join(directory, 'cdk.out-')), context });
  const tools = entries.map((file, index) =>
    GatewayTool.function(`find_${index}`, {
      ...{ entry: file, description: 'Finds' },
      input: { type: 'object', properties: { id: { type: 'string' } } },
    }),
  );
  new AgentGateway(new Stack(app, 'Test'), 'Gateway', { tools });
  return app;
}

type Handler = (event: { id: string }) => Promise<unknown>;

/** The bundled handlers of an app. */
function handlersOf(app: App): Handler[] {
  const output = app.synth().directory;
  const assets = readdirSync(output).filter((name) => existsSync(join(output, name, 'index.js')));
  return assets.map(
    (name) => (createRequire(__filename)(join(output, name, 'index.js')) as { handler: Handler }).handler,
  );
}

test.each([
  ['no lockfile and no package.json', []],
  ['a package.json alone', ['package.json']],
  ['the lockfiles of several package managers', ['package-lock.json', 'yarn.lock', 'pnpm-lock.yaml']],
])('a tool is bundled from a project outside of the app with %s', async (_what, files) => {
  for (const path of files) put(path);
  const [handler] = handlersOf(appWith(entry));
  expect(await handler?.({ id: '7' })).toEqual({ found: '7' });
});

test('tools of one folder have a code each', async () => {
  const other = join(dirname(entry), 'other.ts');
  writeFileSync(other, `export const handler = async (event: { id: string }) => ({ other: event.id });`);
  const handlers = handlersOf(appWith(entry, other));
  const replies = await Promise.all(handlers.map((handler) => handler({ id: '7' })));
  expect(replies).toHaveLength(2);
  expect(replies).toEqual(expect.arrayContaining([{ found: '7' }, { other: '7' }]));
});

test('tools have a code each in a stack that is not bundled', () => {
  const other = join(dirname(entry), 'other.ts');
  writeFileSync(other, 'export const handler = async () => ({});');
  const { stacks } = appOf([entry, other], { 'aws:cdk:bundling-stacks': [] }).synth();
  const { Resources } = stacks[0]?.template as { Resources: Record<string, { Properties: { Code?: unknown } }> };
  const codes = Object.values(Resources).flatMap(({ Properties: { Code } }) => (Code === undefined ? [] : [Code]));
  expect(codes).toHaveLength(2);
  expect(codes[0]).not.toEqual(codes[1]);
});

const codesOf = (app: App): string[] => readdirSync(app.synth().directory).filter((name) => name.startsWith('asset.'));

test('the code does not depend on where the app is synthesized', () => {
  const hashes = [process.cwd(), tmpdir()].map((place) => {
    const cwd = process.cwd();
    process.chdir(place);
    try {
      return codesOf(appWith(entry));
    } finally {
      process.chdir(cwd);
    }
  });
  expect(hashes[0]).toHaveLength(1);
  expect(hashes[1]).toEqual(hashes[0]);
});

test('the code depends on what the file imports, and on nothing else that is beside it', () => {
  const beside = (path: string, content: string) => writeFileSync(join(dirname(entry), path), content);
  beside('shared.ts', 'export const greeting = 1;');
  writeFileSync(entry, `import { greeting } from './shared';\nexport const handler = async () => ({ greeting });`);
  const before = codesOf(appWith(entry));
  beside('neighbour.ts', 'export const other = 1;');
  expect(codesOf(appWith(entry))).toEqual(before);
  beside('shared.ts', 'export const greeting = 2;');
  expect(codesOf(appWith(entry))).not.toEqual(before);
});

test('what cannot be bundled is told with file and line, and what is strange is a warning', () => {
  writeFileSync(entry, `import { nothing } from 'no-such-package';\nexport const handler = nothing;`);
  expect(() => appWith(entry)).toThrow(
    /: entry ".*find\.ts" cannot be bundled: find\.ts:1:\d+: Could not resolve "no-such-package"; mend it/,
  );
  writeFileSync(entry, `export const handler = async () => ({ a: 1, a: 2 });`);
  const { messages } = appWith(entry).synth().getStackByName('Test');
  expect(messages.map(({ entry: { data } }) => data)).toContainEqual(
    expect.stringMatching(/esbuild warns: find\.ts:1:\d+: Duplicate key "a".*strangeToolCode/),
  );
});
