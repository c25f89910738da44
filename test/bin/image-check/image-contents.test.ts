import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { contentFindings, developmentPackages, sizeFindings } from '../../../bin/image-check/image-contents';

const LOCK_FILE = JSON.stringify({
  lockfileVersion: 3,
  packages: {
    '': { devDependencies: { typescript: '6.0.3' } },
    'node_modules/typescript': { dev: true },
    'node_modules/sdk': {},
    'node_modules/sdk/node_modules/helper': { dev: true },
    // Needed by a development package and, when it is installed, by an optional one.
    'node_modules/shared': { devOptional: true },
  },
});

describe('contentFindings', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'image-contents-'));
    put('context/package-lock.json', LOCK_FILE);
    put('image/app/package.json');
    put('image/app/dist/main.js');
    put('image/app/node_modules/sdk/package.json');
    put('image/app/node_modules/shared/package.json');
    put('image/usr/local/bin/node');
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('finds nothing when only the program and its production packages are there', () => {
    expect(findings()).toEqual([]);
  });

  it('finds packages that the lock file marks as needed for development, nested ones too', () => {
    put('image/app/node_modules/typescript/package.json');
    put('image/app/node_modules/sdk/node_modules/helper/package.json');

    expect(findings()).toEqual([
      'it holds packages for development: node_modules/typescript, node_modules/sdk/node_modules/helper',
    ]);
  });

  it('finds what does not belong to the program', () => {
    put('image/app/src/main.ts');

    expect(findings()).toEqual([
      '/app holds dist, node_modules, package.json, src instead of dist, node_modules, package.json',
    ]);
  });

  it('finds a program that was not built', () => {
    rmSync(join(directory, 'image/app/dist'), { recursive: true });

    expect(findings()).toEqual(['/app holds node_modules, package.json instead of dist, node_modules, package.json']);
  });

  it('finds the package manager', () => {
    put('image/usr/local/bin/npm');

    expect(findings()).toEqual(['it holds tools of the build: npm']);
  });

  function put(path: string, text = ''): void {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }

  function findings(): string[] {
    return contentFindings(join(directory, 'image'), join(directory, 'context'));
  }
});

describe('developmentPackages', () => {
  it('leaves out the project itself and what production shares', () => {
    expect(developmentPackages(LOCK_FILE)).toEqual(['node_modules/typescript', 'node_modules/sdk/node_modules/helper']);
  });
});

describe('sizeFindings', () => {
  it('accepts up to two gibibytes', () => {
    expect(sizeFindings(2 * 1024 ** 3)).toEqual([]);
    expect(sizeFindings(2 * 1024 ** 3 + 1)).toEqual(['it is 2147 MB: AgentCore Runtime accepts 2147 MB at most']);
  });
});
