import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { App, Stack, Stage } from 'aws-cdk-lib';
import { DockerImageAsset } from 'aws-cdk-lib/aws-ecr-assets';
import { readAssembly } from '../../../bin/local/assembly';

const FAKE_AGENT = join(__dirname, 'support', 'fake-agent');
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'local-assembly-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function write(file: string, content: unknown): void {
  mkdirSync(dirname(join(directory, file)), { recursive: true });
  writeFileSync(join(directory, file), JSON.stringify(content));
}

describe('readAssembly', () => {
  it('reads what the CDK writes: stacks, their place, and images at their source, stages included', () => {
    const app = new App({ outdir: directory, context: { 'aws:cdk:disable-asset-staging': true } });
    new Stack(app, 'Plain');
    const stage = new Stage(app, 'Prod', { env: { account: '111122223333', region: 'eu-west-1' } });
    const stack = new Stack(stage, 'Agents');
    const image = new DockerImageAsset(stack, 'Image', {
      directory: FAKE_AGENT,
      target: 'final',
      buildArgs: { A: '1' },
    });
    app.synth();

    const { stacks, images } = readAssembly(directory);
    const byName = new Map(stacks.map(({ name, account, region }) => [name, { account, region }]));
    expect(byName.get('Plain')).toEqual({ account: undefined, region: undefined });
    expect(byName.get('Prod-Agents')).toEqual({ account: '111122223333', region: 'eu-west-1' });
    expect(images.get(image.assetHash)).toEqual({
      directory: FAKE_AGENT,
      dockerfile: join(FAKE_AGENT, 'Dockerfile'),
      target: 'final',
      buildArgs: { A: '1' },
    });
  });

  it('finds staged images inside the assembly, and leaves out those without a directory', () => {
    write('manifest.json', { artifacts: { A: { type: 'cdk:asset-manifest', properties: { file: 'a.assets.json' } } } });
    write('a.assets.json', {
      dockerImages: {
        one: { source: { directory: 'asset.one', dockerFile: 'docker/Dockerfile.agent' } },
        two: { source: { executable: ['make', 'image'] } },
      },
    });
    const { images } = readAssembly(directory);

    expect([...images]).toEqual([
      [
        'one',
        {
          directory: join(directory, 'asset.one'),
          dockerfile: join(directory, 'asset.one', 'docker', 'Dockerfile.agent'),
          buildArgs: {},
        },
      ],
    ]);
  });

  it('says that a folder is not an assembly, or which of its files is broken', () => {
    expect(() => readAssembly(directory)).toThrow(`${directory} is not a cloud assembly: it has no manifest.json`);

    writeFileSync(join(directory, 'manifest.json'), '{');
    expect(() => readAssembly(directory)).toThrow(`${join(directory, 'manifest.json')} is not JSON`);
  });
});
