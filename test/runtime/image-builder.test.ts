import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, aws_ecr as ecr, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AgentImage, AgentRuntime, ImageBuilder, type CodeBuildImageBuilderOptions } from '../../lib';

let directory: string;
let synthesized = 0;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'image-builder-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function synthesize(image: AgentImage): { template: Template; assembly: string } {
  const app = new App({ outdir: join(directory, `cdk.out-${++synthesized}`) });
  const stack = new Stack(app, 'Test');
  new AgentRuntime(stack, 'Agent', { image });
  return { template: Template.fromStack(stack), assembly: app.synth().directory };
}

describe('ImageBuilder.codeBuild', () => {
  const built = (options?: CodeBuildImageBuilderOptions) =>
    synthesize(AgentImage.claudeAgent({ builder: ImageBuilder.codeBuild(options) }));

  test('builds on ARM64 in CodeBuild, and asks the machine that deploys for no image', () => {
    const { template, assembly } = built();
    template.hasResourceProperties('AWS::CodeBuild::Project', {
      Environment: Match.objectLike({ Type: 'ARM_CONTAINER' }),
    });
    template.hasResourceProperties('Custom::CDKContainerImageBuild', {
      buildCommand: Match.stringLikeRegexp('--platform linux/arm64'),
    });
    const manifest = JSON.parse(readFileSync(join(assembly, 'Test.assets.json'), 'utf8')) as { dockerImages?: object };
    expect(manifest.dockerImages ?? {}).toEqual({});
  });

  test('pushes to a repository of the agent, whose tags never change, and the runtime runs the tag of the build', () => {
    const { template } = built();
    const [repository] = Object.keys(template.findResources('AWS::ECR::Repository'));
    template.hasResourceProperties('AWS::ECR::Repository', {
      ImageTagMutability: 'IMMUTABLE',
      ImageScanningConfiguration: { ScanOnPush: true },
    });
    const [build] = Object.keys(template.findResources('Custom::CDKContainerImageBuild'));
    const [runtime] = Object.values(template.findResources('AWS::BedrockAgentCore::Runtime'));
    expect(JSON.stringify(runtime?.Properties.AgentRuntimeArtifact)).toContain(
      JSON.stringify({ 'Fn::GetAtt': [build, 'ImageTag'] }),
    );
    template.hasResourceProperties('AWS::IAM::ManagedPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Sid: 'PullImage', Resource: { 'Fn::GetAtt': [repository, 'Arn'] } }),
        ]),
      },
    });
  });

  test('uses the repository that it is given', () => {
    const stack = new Stack(new App({ outdir: join(directory, 'cdk.out') }), 'Test');
    const repository = new ecr.Repository(stack, 'Images');
    const image = AgentImage.claudeAgent({ builder: ImageBuilder.codeBuild({ repository }) });
    new AgentRuntime(stack, 'Agent', { image });
    Template.fromStack(stack).resourceCountIs('AWS::ECR::Repository', 1);
  });

  test('sends the sources that .dockerignore lets through, and nothing else', () => {
    const { assembly } = built();
    const source = readdirSync(assembly).find(
      (name) => name.startsWith('asset.') && existsSync(join(assembly, name, 'Dockerfile')),
    );
    expect(readdirSync(join(assembly, source ?? '')).sort()).toEqual([
      '.dockerignore',
      'Dockerfile',
      'package-lock.json',
      'package.json',
      'src',
      'tsconfig.json',
    ]);
  });

  test('builds anew when a source changes, and not for words beside it', () => {
    const copy = join(directory, 'copy');
    cpSync(join(__dirname, '..', '..', 'agent-image'), copy, {
      recursive: true,
      filter: (path) => !/node_modules|dist/.test(path),
    });
    const request = () => {
      const image = AgentImage.fromDirectory(copy, { builder: ImageBuilder.codeBuild() });
      return Object.values(synthesize(image).template.findResources('Custom::CDKContainerImageBuild'));
    };
    const before = request();
    writeFileSync(join(copy, 'README.md'), 'words');
    expect(request()).toEqual(before);
    writeFileSync(join(copy, 'src', 'main.ts'), '// another program');
    expect(request()).not.toEqual(before);
  });

  test('fails with the package to install when it is not there', () => {
    jest.isolateModules(() => {
      jest.doMock('@cdklabs/deploy-time-build', () => {
        throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
      });
      expect(() => built()).toThrow(
        /needs the package "@cdklabs\/deploy-time-build".*npm install @cdklabs\/deploy-time-build/,
      );
    });
    jest.dontMock('@cdklabs/deploy-time-build');
  });
});
