import { join } from 'node:path';
import { App, type aws_lambda as lambda } from 'aws-cdk-lib';
import { ClaudeAgentStack } from '../../../../bin/app/claude-agent-stack';

// The sample, but for sites that do not answer, and two seconds to wait for them.
const stack = new ClaudeAgentStack(new App(), 'ClaudeAgentStack');
const pages = stack.node.findChild('Shop').node.findChild('Gateway').node.findChild('Targets').node.findChild('pages');
const reader = pages.node.findChild('Function').node.defaultChild as lambda.CfnFunction;
reader.timeout = 2;
reader.addPropertyOverride('Environment.Variables.NODE_OPTIONS', `--require=${join(__dirname, 'silent-sites.cjs')}`);
