import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FileSystem, IgnoreMode, IgnoreStrategy } from 'aws-cdk-lib';
import { pinnedNodeVersion } from '../../../bin/image-check/base-image';

const REPOSITORY = join(__dirname, '..', '..', '..');
const IMAGE_DIRECTORY = join(REPOSITORY, 'agent-image');

describe('the build context of the agent image', () => {
  let context: string;
  let before: string;

  beforeEach(() => {
    context = mkdtempSync(join(tmpdir(), 'build-context-'));
    for (const entry of ['Dockerfile', '.dockerignore', 'package.json', 'package-lock.json', 'tsconfig.json', 'src']) {
      cpSync(join(IMAGE_DIRECTORY, entry), join(context, entry), { recursive: true });
    }
    before = fingerprint();
  });

  afterEach(() => rmSync(context, { recursive: true, force: true }));

  it.each(['src/main.ts', 'src/some/folder/new.ts', 'package.json', 'package-lock.json', 'tsconfig.json'])(
    'changes the image when %s changes',
    (path) => {
      write(path);

      expect(fingerprint()).not.toBe(before);
    },
  );

  it.each([
    'README.md',
    '.npmrc',
    '.env',
    'test/server.test.ts',
    'dist/main.js',
    'node_modules/typescript/package.json',
    'node_modules/typescript/lib/lib.d.ts',
    'src/.main.ts.swp',
    'src/notes.md',
  ])('leaves the image alone when %s changes', (path) => {
    write(path);

    expect(fingerprint()).toBe(before);
  });

  it('holds every file that the Dockerfile copies', () => {
    const copied = [...readFileSync(join(context, 'Dockerfile'), 'utf8').matchAll(/^COPY (?!--from)(.+) \S+$/gm)]
      .flatMap(([, sources = '']) => sources.split(' '))
      .map((source) => ({ source, there: existsSync(join(context, source)) }));

    expect(copied).toContainEqual({ source: 'src', there: true });
    expect(copied.filter(({ there }) => !there)).toEqual([]);
  });

  // Builders look into no directory that is itself left out, whatever is let in below it.
  it.each(['src', 'definition'])('lets in every directory below %s', (top) => {
    write('definition/agents/reader.md');
    write('definition/skills/report/SKILL.md');
    const ignored = IgnoreStrategy.docker(context, patterns());
    const directories = readdirSync(join(context, top), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name));

    expect(directories.length).toBeGreaterThan(1);
    expect(directories.filter((directory) => ignored.ignores(directory))).toEqual([]);
  });

  function write(path: string): void {
    mkdirSync(dirname(join(context, path)), { recursive: true });
    writeFileSync(join(context, path), 'changed');
  }

  function patterns(): string[] {
    return readFileSync(join(context, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
  }

  /** The hash that the CDK names the image after; it does not ignore the Dockerfile, whatever the patterns say. */
  function fingerprint(): string {
    return FileSystem.fingerprint(context, { ignoreMode: IgnoreMode.DOCKER, exclude: [...patterns(), '!Dockerfile'] });
  }
});

describe('the lock file of the agent image', () => {
  const { packages } = JSON.parse(readFileSync(join(IMAGE_DIRECTORY, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string; hasInstallScript?: boolean }>;
  };

  it('holds no package that needs an install script, because the build runs none', () => {
    expect(Object.keys(packages).filter((path) => packages[path]?.hasInstallScript === true)).toEqual([]);
  });

  it('holds the native program of the SDK for the platform of AgentCore, in the version of the SDK', () => {
    const sdk = packages['node_modules/@anthropic-ai/claude-agent-sdk']?.version;

    expect(sdk).toMatch(/^\d/);
    expect(packages['node_modules/@anthropic-ai/claude-agent-sdk-linux-arm64']?.version).toBe(sdk);
  });
});

describe('the default base image', () => {
  it('has the Node version that the tests run', () => {
    const dockerfile = readFileSync(join(IMAGE_DIRECTORY, 'Dockerfile'), 'utf8');
    const [, version] = /^ARG BASE_IMAGE=\S+\/node:([\d.]+)-\S+-slim$/m.exec(dockerfile) ?? [];

    expect(version).toBe(pinnedNodeVersion(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')));
  });
});

describe('pinnedNodeVersion', () => {
  it.each(['{}', '{"devDependencies":{"node":"^24.0.0"}}', '{"devDependencies":{"node":"24"}}'])(
    'refuses %s, which does not say exactly which Node runs',
    (packageJson) => {
      expect(() => pinnedNodeVersion(packageJson)).toThrow(/pin an exact version/);
    },
  );
});
