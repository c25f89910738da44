import { join } from 'node:path';
import { App, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AgentImage } from '../../lib';
import { ResolvedTemplate, rolePolicies, type ResolveOptions, type RolePolicies } from '../../lib/testing';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-central-1';

/** A stack without a set environment, as most consumers have it. */
export function testStack(props: StackProps = {}): Stack {
  return new Stack(new App(), 'Test', props);
}

/** The smallest image there is; nothing builds it. */
export function testImage(): AgentImage {
  return AgentImage.fromDirectory(join(__dirname, 'image-fixture'));
}

/** The stack's template with every reference resolved. */
export function resolvedTemplate(stack: Stack, options: ResolveOptions = {}): ResolvedTemplate {
  return new ResolvedTemplate(Template.fromStack(stack).toJSON(), {
    account: ACCOUNT,
    region: REGION,
    stackName: stack.stackName,
    ...options,
  });
}

/** The policies of the only role in the stack that AgentCore may assume. */
export function executionRole(template: ResolvedTemplate): RolePolicies {
  const [runtime] = template.resourcesOfType('AWS::BedrockAgentCore::Runtime');
  if (runtime === undefined) throw new Error('the stack has no runtime');
  return rolePolicies(template, String(runtime.properties.RoleArn));
}

/** The environment variables of the only runtime in the stack. */
export function runtimeEnvironment(template: ResolvedTemplate): Record<string, string> {
  const [runtime] = template.resourcesOfType('AWS::BedrockAgentCore::Runtime');
  return runtime?.properties.EnvironmentVariables as Record<string, string>;
}
