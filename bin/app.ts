import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { AgentCoreChecks } from '../lib';
import { ClaudeAgentStack } from './app/claude-agent-stack';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new AgentCoreChecks());
new ClaudeAgentStack(app, 'ClaudeAgentStack');
