import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { synthesizeAgents } from '../../apps/synthesize-agents.ts';

// The package exports no ECMAScript module.
const { AgentCoreRuntime } = createRequire(import.meta.url)('@aws/agentcore-cdk');

// Its AgentCoreApplication reads a project from the disk, and its AgentEnvironment builds images in AWS CodeBuild only,
// with a repository, a key and a function for each agent. The runtime below them takes an image as ours does.
synthesizeAgents((stack, id) => {
  const directory = join(import.meta.dirname, '..', '..', 'image');
  const { imageUri, repository } = new DockerImageAsset(stack, `${id}Image`, {
    directory,
    platform: Platform.LINUX_ARM64,
  });
  new AgentCoreRuntime(stack, id, {
    projectName: 'bench',
    agent: { name: id, build: 'Container', entrypoint: 'main.js', codeLocation: directory },
    containerUri: imageUri,
    ecrRepositoryArn: repository.repositoryArn,
    environmentVariables: { ANTHROPIC_MODEL: 'global.anthropic.claude-sonnet-5-5' },
  });
});
