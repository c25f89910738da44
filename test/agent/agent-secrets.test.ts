import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, aws_secretsmanager as secretsmanager, Stack } from 'aws-cdk-lib';
import { AgentDefinition, AgentImage, AgentRuntime, type AgentRuntimeProps } from '../../lib';
import { evaluate } from '../../lib/testing';
import { ACCOUNT, executionRole, REGION, resolvedTemplate, runtimeEnvironment, testImage } from '../support/stack';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'agent-secrets-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const secretArn = (name: string) => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}`;
const imported = (scope: Stack, id: string, arn: string) => secretsmanager.Secret.fromSecretCompleteArn(scope, id, arn);

function testStack(): Stack {
  return new Stack(new App({ outdir: join(directory, 'cdk.out') }), 'Test');
}

function agentIn(stack: Stack, props: Partial<AgentRuntimeProps>): void {
  new AgentRuntime(stack, 'Agent', { image: testImage(), ...props });
}

/** The image of this library with an MCP server that asks for `names`. */
function imageAskingFor(...names: string[]): AgentImage {
  const headers = Object.fromEntries(names.map((name) => [`X-${name}`, `Bearer \${secret:${name}}`]));
  const github = { type: 'http', url: 'https://a.example/mcp', headers };
  writeFileSync(join(directory, 'mcp.json'), JSON.stringify({ mcpServers: { github } }));
  const definition = AgentDefinition.fromDirectory(directory);
  return AgentImage.claudeAgent({ definition });
}

describe('secrets of an agent', () => {
  test('are told by their ARNs, and read by its role, which reads no others', () => {
    const stack = testStack();
    agentIn(stack, {
      secrets: {
        GITHUB_TOKEN: imported(stack, 'Token', secretArn('github-a1B2c3')),
        B: secretsmanager.Secret.fromSecretNameV2(stack, 'ByName', 'tides'),
      },
    });
    const template = resolvedTemplate(stack);
    expect(runtimeEnvironment(template)).toMatchObject({
      AGENT_SECRET_GITHUB_TOKEN: secretArn('github-a1B2c3'),
      AGENT_SECRET_B: secretArn('tides'),
    });
    const reads = (name: string) =>
      evaluate(executionRole(template), { action: 'secretsmanager:GetSecretValue', resource: secretArn(name) }).allowed;
    expect(reads('github-a1B2c3')).toBe(true);
    expect(reads('tides-a1B2c3')).toBe(true);
    expect(reads('github-x1B2c3')).toBe(false);
    expect(reads('tides-of-others-a1B2c3')).toBe(false);
  });

  test('are none unless they are given', () => {
    const stack = testStack();
    agentIn(stack, {});
    const template = resolvedTemplate(stack);
    expect(Object.keys(runtimeEnvironment(template)).filter((name) => name.startsWith('AGENT_SECRET'))).toEqual([]);
    const actions = executionRole(template).identityPolicies.flatMap(({ Statement }) =>
      Statement.flatMap(({ Action }) => Action ?? []),
    );
    expect(actions.filter((action) => action.startsWith('secretsmanager:'))).toEqual([]);
  });

  test.each(['token', '1TOKEN', '_TOKEN', 'TO-KEN', '', `A${'B'.repeat(64)}`])('have no name %j', (name) => {
    const stack = testStack();
    const secret = imported(stack, 'Token', secretArn('github-a1B2c3'));
    expect(() => agentIn(stack, { secrets: { [name]: secret } })).toThrow(
      `Test/Agent: secret "${name}" has a name that is not allowed: a capital letter, then up to 63`,
    );
  });

  test('may have names of 64 characters', () => {
    const stack = testStack();
    const name = `A${'B'.repeat(63)}`;
    agentIn(stack, { secrets: { [name]: imported(stack, 'Token', secretArn('github-a1B2c3')) } });
    expect(runtimeEnvironment(resolvedTemplate(stack))).toHaveProperty(`AGENT_SECRET_${name}`);
  });
});

describe('a secret that the definition asks for', () => {
  test('is given, and more may be', () => {
    const stack = testStack();
    const secret = imported(stack, 'Token', secretArn('github-a1B2c3'));
    const image = imageAskingFor('GITHUB_TOKEN');
    expect(() => agentIn(stack, { image, secrets: { GITHUB_TOKEN: secret, OTHER: secret } })).not.toThrow();
  });

  test('fails synthesis where it is not given, with file, server, header and remedy', () => {
    const image = imageAskingFor('GITHUB_TOKEN', 'TIDES_KEY');
    expect(() => agentIn(testStack(), { image })).toThrow(
      'mcp.json of the definition asks for the secret "GITHUB_TOKEN" (server "github", header "X-GITHUB_TOKEN"), and the agent has no secrets; add it to "secrets", by that name',
    );
    const stack = testStack();
    const secret = imported(stack, 'Token', secretArn('github-a1B2c3'));
    expect(() => agentIn(stack, { image, secrets: { GITHUB_TOKEN: secret } })).toThrow(
      /^Test\/Agent: mcp\.json of the definition asks for the secret "TIDES_KEY" .*, and the agent has GITHUB_TOKEN; add/,
    );
  });

  test('is told together with what else is wrong', () => {
    const image = imageAskingFor('GITHUB_TOKEN');
    expect(() => agentIn(testStack(), { image, runtimeName: '1' })).toThrow(
      /runtimeName "1" is not a valid name[\s\S]*asks for the secret "GITHUB_TOKEN"/,
    );
  });
});
