import { Construct } from 'constructs';
import * as library from '../lib';
import { testStack } from './support/stack';

type Constructor = new (scope: Construct, id: string, props?: unknown) => Construct;

/** What an app in plain JavaScript can write: the constructs of the library, without the types of their properties. */
const constructs: readonly (readonly [string, Constructor])[] = Object.entries(library)
  // A UserRole is made of an agent, and what is abstract is not for apps to make.
  .filter(([name, value]) => isConstruct(value) && !/Base$|^UserRole$/.test(name))
  .map(([name, value]) => [name, value as unknown as Constructor]);

function isConstruct(value: unknown): boolean {
  return typeof value === 'function' && value.prototype instanceof Construct;
}

/** What defining it throws, with the place before it taken off; undefined when it can be defined. */
function refusal(Defined: Constructor, ...props: readonly unknown[]): string | undefined {
  try {
    new Defined(testStack(), 'It', ...props);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^(Test\/)?It:\s+/, '') : 'no error';
  }
}

const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  AgentAlarms: ['agent'],
  AgentApi: ['agent', 'users', 'sessions', 'workspace'],
  AgentBudget: ['monthlyLimitUsd'],
  AgentDashboard: ['agents'],
  AgentEndpoint: ['agent', 'endpointName', 'version'],
  AgentGateway: ['tools'],
  AgentLogQueries: ['agent'],
  AgentRuntime: ['image'],
  AgentVpcEndpoints: ['vpc'],
  ApiKeyConnection: ['connectionName', 'secret'],
  GatewayPolicies: ['policies', 'callers', 'tools', 'openTargets'],
  GitHubConnection: ['clientId', 'clientSecret', 'returnUrl'],
  LogDelivery: ['source'],
  OAuthConnection: ['clientId', 'clientSecret', 'returnUrl', 'vendor', 'scopes'],
  UserIdentityPool: ['users'],
};

describe.each(constructs)('%s in plain JavaScript', (name, Defined) => {
  const required = REQUIRED[name] ?? [];

  test.each([
    ['no properties', []],
    ['empty properties', [{}]],
    ['properties that are null', [Object.fromEntries(required.map((property) => [property, null]))]],
  ])('names all that is missing when it is given %s', (_, props) => {
    const message = refusal(Defined, ...props);
    const told = [...(message ?? '').matchAll(/(\w+) is missing, and is required; give \w+/g)];
    expect(told.map(([, property]) => property)).toEqual(required);
    // Beside it nothing is said that follows from it, and nothing of the inside of the library.
    if (required.length > 0) expect(message?.split('\n')).toHaveLength(required.length);
    expect(message ?? '').not.toMatch(/undefined|null|destructure/);
  });
});

test.each([
  ['AgentRuntime.fromAgentRuntimeAttributes', 'agentRuntimeArn', library.AgentRuntime.fromAgentRuntimeAttributes],
  ['AgentGateway.fromGatewayAttributes', 'gatewayArn', library.AgentGateway.fromGatewayAttributes],
  ['AgentUserPool.fromUserPool', 'userPool', library.AgentUserPool.fromUserPool],
])('%s names %s when it is missing', (_, property, from) => {
  const imported = from as (scope: Construct, id: string, attributes?: unknown) => unknown;
  expect(() => imported(testStack(), 'It')).toThrow(`${property} is missing, and is required; give `);
});

test('every construct with required properties is known', () => {
  expect(Object.keys(REQUIRED).filter((name) => !constructs.some(([known]) => known === name))).toEqual([]);
});
