import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { AgentImage, AgentRuntime } from '../../lib';
import { synthesizeAgents } from './synthesize-agents';

synthesizeAgents((stack: Stack, id: string) => {
  new AgentRuntime(stack, id, { image: AgentImage.fromDirectory(join(__dirname, '..', 'image')) });
});
