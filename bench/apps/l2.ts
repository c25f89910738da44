import { join } from 'node:path';
import { aws_bedrockagentcore as agentcore, type Stack } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { synthesizeAgents } from './synthesize-agents';

// The same agents with the bare L2, as its README shows it; models are granted as ours are, by profile.
synthesizeAgents((stack: Stack, id: string) => {
  const directory = join(__dirname, '..', 'image');
  const runtime = new agentcore.Runtime(stack, id, {
    runtimeName: `bench_${id}`,
    agentRuntimeArtifact: agentcore.AgentRuntimeArtifact.fromAsset(directory, { platform: Platform.LINUX_ARM64 }),
    environmentVariables: { ANTHROPIC_MODEL: 'global.anthropic.claude-sonnet-5-5' },
  });
  for (const model of ['anthropic.claude-sonnet-5-5', 'anthropic.claude-haiku-5-5']) {
    runtime.grant(
      ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],
      [
        `arn:aws:bedrock:${stack.region}:${stack.account}:inference-profile/global.${model}`,
        `arn:aws:bedrock:*::foundation-model/${model}`,
      ],
    );
  }
});
