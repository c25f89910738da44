import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareSource } from '../../../bin/local/agent-source';
import { nativeCommand } from '../../../bin/local/native-command';
import { startReaper, type Reaper } from '../../../bin/local/reaper';

let directory: string;
let reaper: Reaper;
let steps: string[];

// npm would ask the registry about a package that the lockfile does not have.
process.env.npm_config_offline = 'true';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'local-source-'));
  reaper = startReaper();
  steps = [];
});

afterEach(() => {
  reaper.close();
  rmSync(directory, { recursive: true, force: true });
});

const path = (...parts: string[]): string => join(directory, ...parts);

/** A package whose only dependency lies beside it; its build writes dist/main.js and appends to a journal there. */
function writePackage(build: string | undefined): void {
  const root = { name: 'agent-of-the-test', version: '1.0.0', dependencies: { tool: 'file:tool' } };
  const scripts = build === undefined ? {} : { build };
  writeFileSync(path('package.json'), JSON.stringify({ ...root, scripts }));
  mkdirSync(path('tool'));
  writeFileSync(path('tool', 'package.json'), JSON.stringify({ name: 'tool', version: '1.0.0' }));
  writeFileSync(
    path('package-lock.json'),
    JSON.stringify({
      name: root.name,
      version: root.version,
      lockfileVersion: 3,
      requires: true,
      packages: {
        '': root,
        'node_modules/tool': { resolved: 'tool', link: true },
        tool: { version: '1.0.0' },
        'node_modules/for-another-platform': { version: '1.0.0', optional: true },
      },
    }),
  );
  writeFileSync(
    path('build.js'),
    `const fs = require('node:fs');
     fs.mkdirSync('dist', { recursive: true });
     fs.appendFileSync('dist/journal', 'built\\n');
     fs.writeFileSync('dist/main.js', '');`,
  );
}

async function prepare(options: { entry?: string } = { entry: 'dist/main.js' }): Promise<void> {
  await prepareSource(directory, options.entry, reaper, (line) => steps.push(line.replace(/ \(.*/, '')));
}

const INSTALL = 'installing the packages of the agent';
const BUILD = 'building the agent';

describe('prepareSource', () => {
  it('does nothing for a directory that is no package', async () => {
    await prepare();
    expect(steps).toEqual([]);
  });

  it('installs and builds, and does neither again until a source changes', async () => {
    writePackage('node build.js');
    await prepare();
    await prepare();
    expect(steps).toEqual([INSTALL, BUILD]);

    const later = new Date(Date.now() + 10_000);
    utimesSync(path('build.js'), later, later);
    await prepare();
    expect(steps).toEqual([INSTALL, BUILD, BUILD]);
    expect(readFileSync(path('dist', 'journal'), 'utf8')).toBe('built\nbuilt\n');
  });

  it('installs again when what is installed is not what the lockfile says', async () => {
    writePackage(undefined);
    await prepare();
    await prepare();
    expect(steps).toEqual([INSTALL]);

    const record = path('node_modules', '.package-lock.json');
    writeFileSync(record, readFileSync(record, 'utf8').replaceAll('"version": "1.0.0"', '"version": "0.9.0"'));
    await prepare();
    expect(steps).toEqual([INSTALL, INSTALL]);
  });

  it('says what a failing installation said', async () => {
    writePackage(undefined);
    writeFileSync(path('package.json'), '{"dependencies": {"other": "1.0.0"}}');

    await expect(prepare()).rejects.toThrow(/npm ci .* failed with exit code 1:[\s\S]*Missing: other@1.0.0/);
  });

  it('builds every time when the command does not name what is built', async () => {
    writePackage('node build.js');
    await prepare({});
    await prepare({});

    expect(steps).toEqual([INSTALL, BUILD, BUILD]);
  });

  it('says what a failing build said', async () => {
    writePackage('echo "a semicolon is missing" && exit 2');

    await expect(prepare()).rejects.toThrow(
      /npm run build in .* failed with exit code 2:[\s\S]*a semicolon is missing/,
    );
  });

  it('installs what the build needs, also when the person works in a production environment', async () => {
    process.env.NODE_ENV = 'production';
    writePackage('echo "[$NODE_ENV]" > environment');
    await prepare().finally(() => (process.env.NODE_ENV = 'test'));

    expect(existsSync(path('environment'))).toBe(true);
    expect(readFileSync(path('environment'), 'utf8').trim()).toBe('[]');
  });
});

describe('nativeCommand', () => {
  const image = {
    argv: ['node', '/app/dist/main.js', '--plain'] as const,
    workdir: '/app',
    env: {
      HOME: '/home/agent',
      PATH: '/opt/node/bin',
      PORT: '8080',
      NODE_ENV: 'production',
      CACHE: '/home/agent/.cache',
      SCRATCH: '/tmp/scratch',
      ASSETS: '/app/assets',
      CERTIFICATES: '/etc/ssl/certs',
      SIMILAR: '/application',
    },
  };

  it('puts the source directory, the home and its tmp in the place of the paths of the image', () => {
    expect(nativeCommand(image, '/src', '/state/home')).toEqual({
      argv: ['node', '/src/dist/main.js', '--plain'],
      cwd: '/src',
      env: {
        NODE_ENV: 'production',
        CACHE: '/state/home/.cache',
        SCRATCH: '/state/home/tmp/scratch',
        ASSETS: '/src/assets',
      },
      entry: 'dist/main.js',
    });
  });

  it('knows no entry where the command names no JavaScript file', () => {
    expect(nativeCommand({ ...image, argv: ['./start'] }, '/src', '/home').entry).toBeUndefined();
  });
});
