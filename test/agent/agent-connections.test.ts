import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, aws_secretsmanager as secretsmanager, Stack } from 'aws-cdk-lib';
import { readConnections } from '../../agent-image/src/config/connections.ts';
import { readDefinition } from '../../agent-image/src/definition.ts';
import {
  AgentAuthorizer,
  AgentDefinition,
  AgentGateway,
  AgentImage,
  AgentRuntime,
  ApiKeyConnection,
  GitHubConnection,
  type IAgentCapability,
} from '../../lib';
import { ACCOUNT, REGION, resolvedTemplate, runtimeEnvironment } from '../support/stack';

let directory: string;
let stack: Stack;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'agent-connections-'));
  stack = new Stack(new App({ outdir: join(directory, 'cdk.out') }), 'Test');
});
afterEach(() => rmSync(directory, { recursive: true }));

function definitionAskingFor(name: string): AgentDefinition {
  const search = { type: 'http', url: 'https://a.example/mcp', headers: { 'X-Api-Key': `\${connection:${name}}` } };
  const source = join(directory, 'definition');
  mkdirSync(source, { recursive: true });
  writeFileSync(join(source, 'mcp.json'), JSON.stringify({ mcpServers: { search } }));
  return AgentDefinition.fromDirectory(source);
}

function agentAskingFor(name: string, ...capabilities: IAgentCapability[]): void {
  const image = AgentImage.claudeAgent({ definition: definitionAskingFor(name) });
  const authorizer = AgentAuthorizer.oidc({
    discoveryUrl: 'https://id.example.com/.well-known/openid-configuration',
    allowedClients: ['web'],
  });
  new AgentRuntime(stack, 'Agent', { image, authorizer, capabilities });
}

function keyConnection(connectionName: string): ApiKeyConnection {
  const secret = new secretsmanager.Secret(stack, `${connectionName}Secret`);
  return new ApiKeyConnection(stack, connectionName, { connectionName, secret });
}

function github(): GitHubConnection {
  return new GitHubConnection(stack, 'GitHub', {
    clientId: 'Iv1.0123',
    clientSecret: new secretsmanager.Secret(stack, 'GitHubSecret'),
    returnUrl: 'https://agent.example.com/oauth/return',
  });
}

test('a header may ask for the key of a connection that the agent is given', () => {
  agentAskingFor('SEARCH', keyConnection('SEARCH'), github());
  const connections = readConnections(runtimeEnvironment(resolvedTemplate(stack)), []);
  const target = join(directory, 'target');
  definitionAskingFor('SEARCH').writeTo(target);
  expect(readFileSync(join(target, 'definition.json'), 'utf8')).toContain('${connection:SEARCH}');
  expect(() => readDefinition(target, true, {}, { gateways: [], connections })).not.toThrow();
});

test('a key of a connection that is not there fails synthesis, with file, server, header and remedy', () => {
  expect(() => agentAskingFor('SEARCH')).toThrow(
    'Test/Agent: mcp.json of the definition asks for the key of the connection "SEARCH" (server "search", header "X-Api-Key"), and the agent has none; add an ApiKeyConnection to "capabilities" with "SEARCH" as its connectionName, or name another',
  );
});

test('a connection of another name fails synthesis, which names those that the agent has', () => {
  expect(() => agentAskingFor('SEARCH', keyConnection('MAPS'), keyConnection('NEWS'), github())).toThrow(
    'and the agent has MAPS, NEWS; add',
  );
});

test('a server of the definition has no name of a gateway or an account of the agent', () => {
  const gateway = AgentGateway.fromGatewayAttributes(stack, 'Gateway', {
    gatewayArn: `arn:aws:bedrock-agentcore:${REGION}:${ACCOUNT}:gateway/orders-abcdefghij`,
    serverName: 'search',
  });
  expect(() => agentAskingFor('NEWS', keyConnection('NEWS'), gateway)).toThrow(
    'mcp.json of the definition has a server "search", and so has the agent, of a gateway or connection in "capabilities"; give one of them another name',
  );
});

test('an account of each user can be in no header', () => {
  expect(() => agentAskingFor('GH', github())).toThrow(
    'asks for the account "GH" (server "search", header "X-Api-Key"), which each user has another of, so it cannot be in a header; take it out',
  );
});
