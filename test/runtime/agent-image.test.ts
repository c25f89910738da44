import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { App, aws_ecr as ecr, Stack } from 'aws-cdk-lib';
import { AgentImage, AgentRuntime } from '../../lib';
import { AgentDefinition } from '../../lib/agent/agent-definition';
import { evaluate } from '../../lib/testing';
import packageJson from '../../package.json';
import { ACCOUNT, executionRole, REGION, resolvedTemplate, testStack } from '../support/stack';

const agentImage = join(__dirname, '..', '..', 'agent-image');

interface ImageAsset {
  source: { directory: string; dockerBuildArgs?: Record<string, string>; dockerFile?: string; platform?: string };
}

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'agent-image-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** The image assets that the manifest of a stack with one agent asks for, by hash. */
function imageAssets(image: AgentImage): Record<string, ImageAsset> {
  const app = new App({ outdir: join(directory, `cdk.out-${Math.random()}`) });
  const stack = new Stack(app, 'Test');
  new AgentRuntime(stack, 'Agent', { image });
  const assembly = app.synth();
  const manifest = JSON.parse(readFileSync(join(assembly.directory, 'Test.assets.json'), 'utf8')) as {
    dockerImages: Record<string, ImageAsset>;
  };
  return manifest.dockerImages;
}

function onlyAsset(image: AgentImage): ImageAsset {
  const [asset, ...others] = Object.values(imageAssets(image));
  if (asset === undefined || others.length > 0) throw new Error('expected one image asset');
  return asset;
}

describe('AgentImage.claudeAgent', () => {
  test('asks for linux/arm64', () => {
    expect(onlyAsset(AgentImage.claudeAgent()).source.platform).toBe('linux/arm64');
  });

  test('passes the base image and other arguments to the Dockerfile', () => {
    const image = AgentImage.claudeAgent({ baseImage: 'registry.example.com/node:24', buildArgs: { A: '1' } });
    expect(onlyAsset(image).source.dockerBuildArgs).toEqual({ BASE_IMAGE: 'registry.example.com/node:24', A: '1' });
  });

  test('names arguments that the Dockerfile has', () => {
    expect(readFileSync(join(agentImage, 'Dockerfile'), 'utf8')).toMatch(/^ARG BASE_IMAGE=/m);
  });

  test('is the same image while its sources are the same, whatever lies beside them', () => {
    const copy = join(directory, 'copy');
    cpSync(agentImage, copy, { recursive: true, filter: (path) => !/node_modules|dist/.test(path) });
    const hash = () => Object.keys(imageAssets(AgentImage.fromDirectory(copy)));
    const before = hash();

    writeFileSync(join(copy, 'README.md'), 'words');
    mkdirSync(join(copy, 'node_modules', 'left-over'), { recursive: true });
    writeFileSync(join(copy, 'node_modules', 'left-over', 'index.js'), '');
    expect(hash()).toEqual(before);

    writeFileSync(join(copy, 'src', 'main.ts'), '// another program');
    expect(hash()).not.toEqual(before);
  });

  describe('with a definition', () => {
    let source: string;
    beforeEach(() => {
      source = join(directory, 'definition');
      mkdirSync(join(source, 'skills', 'tide'), { recursive: true });
      writeFileSync(join(source, 'system-prompt.md'), 'You know the tides.');
      writeFileSync(join(source, 'skills', 'tide', 'SKILL.md'), '---\nname: tide\ndescription: Tides\n---\nTell.\n');
    });

    const image = () => AgentImage.claudeAgent({ definition: AgentDefinition.fromDirectory(source) });
    const hashes = () => Object.keys(imageAssets(image()));

    /** An app whose assets are copied into its output, or left where they are, and the directory of its image. */
    function synthesized(staging: boolean): { output: string; context: string } {
      const output = join(directory, 'cdk.out');
      const app = new App({ outdir: output, context: { 'aws:cdk:disable-asset-staging': staging ? undefined : true } });
      const stack = new Stack(app, 'Test');
      for (const id of ['A', 'B']) new AgentRuntime(stack, id, { image: image() });
      app.synth();
      const manifest = readFileSync(join(output, 'Test.assets.json'), 'utf8');
      const assets = Object.values((JSON.parse(manifest) as { dockerImages: Record<string, ImageAsset> }).dockerImages);
      return { output, context: resolve(output, assets[0]?.source.directory ?? '') };
    }

    test('builds the sources and the definition, and nothing that is installed or built beside them', () => {
      const { context } = synthesized(true);
      // The description of the wire is for callers, and no part of the image.
      const published = packageJson.files.filter(
        (path) => path.startsWith('agent-image/') && path !== 'agent-image/openapi.json',
      );
      expect(readdirSync(context).sort()).toEqual(
        [...published.map((path) => path.slice('agent-image/'.length)), 'definition'].sort(),
      );
      expect(readFileSync(join(context, 'src', 'main.ts'))).toEqual(readFileSync(join(agentImage, 'src', 'main.ts')));
      const definition = JSON.parse(readFileSync(join(context, 'definition', 'definition.json'), 'utf8')) as unknown;
      expect(definition).toMatchObject({ systemPrompt: 'You know the tides.', skills: ['tide'] });
      expect(existsSync(join(context, 'definition', 'plugin', '.claude-plugin', 'plugin.json'))).toBe(true);
      expect(existsSync(join(context, 'definition', 'plugin', 'skills', 'tide', 'SKILL.md'))).toBe(true);
    });

    test('leaves its sources where they can be run with the packages that are installed, once for all agents', () => {
      const { output, context } = synthesized(false);
      expect(realpathSync(join(context, 'node_modules'))).toBe(join(agentImage, 'node_modules'));
      expect(existsSync(join(context, 'dist'))).toBe(false);
      expect(existsSync(join(context, '.npmrc'))).toBe(false);
      expect(readdirSync(output).filter((name) => name.includes('agent-image'))).toEqual([basename(context)]);
    });

    test('can be synthesized again into the same output', () => {
      const before = synthesized(false);
      expect(synthesized(false)).toEqual(before);
      writeFileSync(join(source, 'system-prompt.md'), 'You know the stars.');
      expect(synthesized(false)).not.toEqual(before);
    });

    test('is another image only when the definition is another', () => {
      const before = hashes();
      expect(before).not.toEqual(Object.keys(imageAssets(AgentImage.claudeAgent())));
      writeFileSync(join(source, 'README.md'), 'words');
      writeFileSync(join(directory, 'README.md'), 'words');
      expect(hashes()).toEqual(before);
      writeFileSync(join(source, 'system-prompt.md'), 'You know the stars.');
      expect(hashes()).not.toEqual(before);
    });

    test('passes arguments and the platform on', () => {
      const defined = AgentImage.claudeAgent({
        definition: AgentDefinition.fromDirectory(source),
        baseImage: 'registry.example.com/node:24',
      });
      expect(onlyAsset(defined).source).toMatchObject({
        platform: 'linux/arm64',
        dockerBuildArgs: { BASE_IMAGE: 'registry.example.com/node:24' },
      });
    });
  });
});

describe('AgentImage.fromDirectory', () => {
  test('builds for linux/arm64 from the Dockerfile that is named', () => {
    writeFileSync(join(directory, 'agent.Dockerfile'), 'FROM scratch\n');
    const asset = onlyAsset(AgentImage.fromDirectory(directory, { file: 'agent.Dockerfile', buildArgs: { A: '1' } }));
    expect(asset.source).toMatchObject({
      platform: 'linux/arm64',
      dockerFile: 'agent.Dockerfile',
      dockerBuildArgs: { A: '1' },
    });
  });

  test('can be the directory of the app itself: the output of synthesis is no part of the image', () => {
    writeFileSync(join(directory, 'Dockerfile'), 'FROM scratch\n');
    const app = new App({ outdir: join(directory, 'cdk.out') });
    new AgentRuntime(new Stack(app, 'Test'), 'Agent', { image: AgentImage.fromDirectory(directory) });
    const staged = app.synth().directory;
    const [asset] = readdirSync(staged).filter((name) => name.startsWith('asset.'));
    expect(readdirSync(join(staged, asset ?? ''))).toEqual(['Dockerfile']);
  });

  test('can be run by several agents of one stack', () => {
    writeFileSync(join(directory, 'Dockerfile'), 'FROM scratch\n');
    const image = AgentImage.fromDirectory(directory);
    const stack = new Stack(new App({ outdir: join(directory, 'cdk.out') }), 'Test');
    expect(() => ['A', 'B'].map((id) => new AgentRuntime(stack, id, { image }))).not.toThrow();
  });

  test('fails on a directory that is not there', () => {
    const missing = join(directory, 'missing');
    expect(() => AgentImage.fromDirectory(missing)).toThrow(
      `AgentImage.fromDirectory: image directory "${missing}" does not exist; give the directory that holds the Dockerfile`,
    );
  });

  test('fails on an empty directory', () => {
    expect(() => AgentImage.fromDirectory(directory)).toThrow(
      `image directory "${directory}" is empty; put the Dockerfile and the sources of the agent there`,
    );
  });

  test('fails on a file', () => {
    const file = join(directory, 'Dockerfile');
    writeFileSync(file, '');
    expect(() => AgentImage.fromDirectory(file)).toThrow(`image directory "${file}" is a file`);
  });

  test('fails on a directory without a Dockerfile', () => {
    writeFileSync(join(directory, 'main.py'), '');
    expect(() => AgentImage.fromDirectory(directory)).toThrow(/has no "Dockerfile"; add it, or name another/);
  });

  test('fails on a Dockerfile whose last stage is for another platform', () => {
    const withDockerfile = (text: string) => {
      writeFileSync(join(directory, 'Dockerfile'), text);
      return () => AgentImage.fromDirectory(directory);
    };
    expect(withDockerfile('FROM node AS build\nFROM --platform=linux/amd64 node\n')).toThrow(
      /last stage of "Dockerfile" is built for "linux\/amd64", and AgentCore Runtime runs linux\/arm64 only/,
    );
    expect(withDockerfile('FROM --platform=linux/amd64 node AS build\nFROM node\n')).not.toThrow();
    expect(withDockerfile('FROM --platform=linux/arm64 node\n')).not.toThrow();
    expect(withDockerfile('FROM --platform=$TARGETPLATFORM node\n')).not.toThrow();
    expect(withDockerfile('FROM --platform=$BUILDPLATFORM node\n')).toThrow(/is built for "\$BUILDPLATFORM"/);
  });
});

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** The image that the runtime runs, and whether the role may pull from the repository it is in. */
function running(image: (stack: Stack) => AgentImage): { uri: string; pulls: (repositoryArn: string) => boolean } {
  const stack = testStack();
  new AgentRuntime(stack, 'Agent', { image: image(stack) });
  const template = resolvedTemplate(stack);
  const [runtime] = template.resourcesOfType('AWS::BedrockAgentCore::Runtime');
  const { ContainerConfiguration } = runtime?.properties.AgentRuntimeArtifact as {
    ContainerConfiguration: { ContainerUri: string };
  };
  const role = executionRole(template);
  return {
    uri: ContainerConfiguration.ContainerUri,
    pulls: (resource) => evaluate(role, { action: 'ecr:BatchGetImage', resource }).allowed,
  };
}

describe('AgentImage.fromRepository', () => {
  test.each([
    ['a tag', '1.4.2', ':1.4.2'],
    ['a digest', DIGEST, `@${DIGEST}`],
  ])('runs the image of %s and may pull from its repository only', (_, tagOrDigest, suffix) => {
    const { uri, pulls } = running((stack) =>
      AgentImage.fromRepository(ecr.Repository.fromRepositoryName(stack, 'Repository', 'team/agent'), tagOrDigest),
    );
    expect(uri).toBe(`${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/team/agent${suffix}`);
    expect(pulls(`arn:aws:ecr:${REGION}:${ACCOUNT}:repository/team/agent`)).toBe(true);
    expect(pulls(`arn:aws:ecr:${REGION}:${ACCOUNT}:repository/team/other`)).toBe(false);
  });

  test('fails on the tag latest, and on what is neither a tag nor a digest', () => {
    const withTag = (tag: string) => () =>
      AgentImage.fromRepository(ecr.Repository.fromRepositoryName(testStack(), 'Repository', 'agent'), tag);
    expect(withTag('latest')).toThrow(/tag "latest" says nothing about what runs.*or a digest/);
    for (const wrong of ['', '.hidden', 'a b', 'sha256:123', 'x'.repeat(129)]) {
      expect(withTag(wrong)).toThrow(`"${wrong}" is neither a tag`);
    }
  });
});

describe('AgentImage.fromImageUri', () => {
  test.each([
    ['444455556666.dkr.ecr.us-east-1.amazonaws.com/agent:1', 'arn:aws:ecr:us-east-1:444455556666:repository/agent'],
    [
      `444455556666.dkr.ecr.us-gov-west-1.amazonaws.com/a/b@${DIGEST}`,
      'arn:aws-us-gov:ecr:us-gov-west-1:444455556666:repository/a/b',
    ],
  ])('runs %s and may pull from %s', (uri, repositoryArn) => {
    const image = running(() => AgentImage.fromImageUri(uri));
    expect(image.pulls(repositoryArn)).toBe(true);
    expect(image.pulls(`${repositoryArn}2`)).toBe(false);
    expect(image.uri).toBe(uri);
  });

  test.each([
    'public.ecr.aws/docker/library/node:24',
    'node:24',
    '444455556666.dkr.ecr.us-east-1.amazonaws.com/agent',
    '44445555666.dkr.ecr.us-east-1.amazonaws.com/agent:1',
    '444455556666.dkr.ecr.us-east-1.amazonaws.com/Agent:1',
  ])('fails on %s', (uri) => {
    expect(() => AgentImage.fromImageUri(uri)).toThrow(
      `image URI "${uri}" is not one of a private Amazon ECR repository`,
    );
  });

  test('fails on the tag latest', () => {
    expect(() => AgentImage.fromImageUri('444455556666.dkr.ecr.us-east-1.amazonaws.com/agent:latest')).toThrow(
      /"latest"/,
    );
  });
});
