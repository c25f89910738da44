import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import packageJson from '../package.json';

const root = join(__dirname, '..');
let directory: string;
let files: string[];

// A consumer's project with the packed library in it; the CDK is linked, as npm would install the peers.
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'package-'));
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root });
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', directory], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [tarball] = Object.values(
    JSON.parse(packed.toString()) as Record<string, { filename: string; files: { path: string }[] }>,
  );
  files = (tarball?.files ?? []).map(({ path }) => path);

  const installed = join(directory, 'node_modules', packageJson.name);
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(directory, tarball?.filename ?? ''), '--strip-components=1', '-C', installed]);
  for (const peer of Object.keys(packageJson.peerDependencies)) {
    const link = join(directory, 'node_modules', peer);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', peer), link);
  }
}, 120_000);
afterAll(() => {
  rmSync(directory, { recursive: true });
});

test('the package holds the compiled library and the sources of the image, and nothing else', () => {
  expect(
    files
      .filter((path) => !/^dist\/lib\/.*\.(js|d\.ts)$/.test(path) && !/^agent-image\/src\/.*\.ts$/.test(path))
      .sort(),
  ).toEqual([
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'LICENSE',
    'README.md',
    'agent-image/.dockerignore',
    'agent-image/Dockerfile',
    'agent-image/openapi.json',
    'agent-image/package-lock.json',
    'agent-image/package.json',
    'agent-image/tsconfig.json',
    ...readdirSync(join(root, 'docs')).map((page) => `docs/${page}`),
    'package.json',
  ]);
  expect(files).toContain('dist/lib/index.d.ts');
  expect(files).toContain('agent-image/src/main.ts');
});

test('the package has no runtime dependency, and its peers start at the versions that the tests run on', () => {
  expect(packageJson).not.toHaveProperty('dependencies');
  // What bundles an app's own functions is the app's choice.
  const { esbuild, ...peers } = packageJson.peerDependencies;
  expect(esbuild).toBe('>=0.25.0');
  for (const [peer, range] of Object.entries(peers)) {
    expect(range).toBe(`^${packageJson.devDependencies[peer as keyof typeof packageJson.devDependencies]}`);
  }
});

test('an app that installs the package synthesizes an agent and evaluates its role', () => {
  writeFileSync(
    join(directory, 'app.js'),
    `
    const { App, Stack } = require('aws-cdk-lib');
    const { AgentImage, AgentRuntime } = require('cdk-agentcore-constructs');
    const { ResolvedTemplate, rolePolicies } = require('cdk-agentcore-constructs/testing');
    const app = new App({ outdir: 'cdk.out' });
    new AgentRuntime(new Stack(app, 'Consumer'), 'Agent', { image: AgentImage.claudeAgent() });
    const template = new ResolvedTemplate(app.synth().getStackByName('Consumer').template);
    const [runtime] = template.resourcesOfType('AWS::BedrockAgentCore::Runtime');
    console.log(rolePolicies(template, runtime.properties.RoleArn).identityPolicies.length);
    `,
  );
  const output = execFileSync(process.execPath, ['app.js'], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  expect(output.toString().trim()).toBe('2');

  const manifest = JSON.parse(readFileSync(join(directory, 'cdk.out', 'Consumer.assets.json'), 'utf8')) as {
    dockerImages: Record<string, { source: { directory: string } }>;
  };
  const [image] = Object.values(manifest.dockerImages);
  expect(readFileSync(join(directory, 'cdk.out', image?.source.directory ?? '', 'Dockerfile'), 'utf8')).toContain(
    'FROM',
  );
});

test('a function of an app gets its handler without the CDK', () => {
  const program = `
    const { toolHandler } = require('cdk-agentcore-constructs/tool-handler');
    const input = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
    const handler = toolHandler({ input, handle: ({ name }) => 'hello ' + name });
    handler({ name: 'Ada' }, {}).then((answer) => {
      console.log(JSON.stringify([answer, Object.keys(require.cache).some((file) => file.includes('aws-cdk-lib'))]));
    });`;
  const output = execFileSync(process.execPath, ['-e', program], { cwd: directory });
  expect(JSON.parse(output.toString())).toEqual(['hello Ada', false]);
});

const { CommonJS, ESNext, Node16, NodeNext } = ts.ModuleKind;
const { Bundler, Node10 } = ts.ModuleResolutionKind;

test.each<[string, ts.CompilerOptions]>([
  // What projects of the CDK have that began before `exports` of packages were known to TypeScript.
  ['node10', { module: CommonJS, moduleResolution: Node10, ignoreDeprecations: '6.0' }],
  ['node16', { module: Node16 }],
  ['nodenext', { module: NodeNext }],
  ['bundler', { module: ESNext, moduleResolution: Bundler }],
])(
  'its types are found with the module resolution %s',
  (_, options) => {
    const consumer = join(directory, 'consumer.ts');
    writeFileSync(
      consumer,
      `import { evaluate, type Verdict } from 'cdk-agentcore-constructs/testing';
    import { toolHandler } from 'cdk-agentcore-constructs/tool-handler';
    const input = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } as const;
    export const handler = toolHandler({ input, handle: ({ name }) => name.toUpperCase() });
    export const allowed = (...call: Parameters<typeof evaluate>): Verdict => evaluate(...call);`,
    );
    const program = ts.createProgram([consumer], {
      ...options,
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: [],
    });
    const faults = ts.getPreEmitDiagnostics(program).map(({ messageText }) => messageText);
    expect(faults).toEqual([]);

    // All of the CDK comes with it, which is not read for this.
    const main = ts.resolveModuleName('cdk-agentcore-constructs', consumer, program.getCompilerOptions(), ts.sys);
    expect(main.resolvedModule?.resolvedFileName).toMatch(/dist\/lib\/index\.d\.ts$/);
  },
  60_000,
);

test('scripts, tests and image use one TypeScript', () => {
  const image = JSON.parse(readFileSync(join(root, 'agent-image', 'package.json'), 'utf8')) as typeof packageJson;
  expect(image.devDependencies.typescript).toBe(packageJson.devDependencies.typescript);
});

test.each(['package-lock.json', 'agent-image/package-lock.json'])('%s names no registry', (lockfile) => {
  expect(readFileSync(join(root, lockfile), 'utf8')).not.toMatch(/"resolved": "https?:/);
});
