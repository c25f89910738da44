import { CfnParameter } from 'aws-cdk-lib';
import { readConfig } from '../../agent-image/src/config.ts';
import { AgentAuthorizer, AgentRuntime, CallerOverride, PermissionMode, type AgentSettings } from '../../lib';
import { resolvedTemplate, runtimeEnvironment, testImage, testStack } from '../support/stack';

/** The variables that settings make, beside those that every agent has. */
function variablesOf(settings: AgentSettings): Record<string, string> {
  const stack = testStack();
  new AgentRuntime(stack, 'Agent', { image: testImage(), ...settings });
  const variables = Object.entries(runtimeEnvironment(resolvedTemplate(stack)));
  return Object.fromEntries(variables.filter(([name]) => !/^AGENT_(MODEL_\w+|AUTHORIZER|NAME)$/.test(name)));
}

const { ASK, ACCEPT_EDITS, PLAN, BYPASS } = PermissionMode;

test.each<[string, AgentSettings, Record<string, string>]>([
  ['a budget', { limits: { budgetUsd: 2.5 } }, { AGENT_LIMITS: '{"budgetUsd":2.5}' }],
  ['a number of turns', { limits: { turns: 40 } }, { AGENT_LIMITS: '{"turns":40}' }],
  ['both limits', { limits: { budgetUsd: 0.1, turns: 1 } }, { AGENT_LIMITS: '{"budgetUsd":0.1,"turns":1}' }],
  ['permission modes in their order', { permissionModes: [PLAN, BYPASS] }, { AGENT_PERMISSION_MODES: 'plan,bypass' }],
  ['one mode', { permissionModes: [ASK] }, { AGENT_PERMISSION_MODES: 'ask' }],
  [
    'what requests may choose',
    { callerOverrides: [CallerOverride.MODEL, CallerOverride.SYSTEM_PROMPT] },
    { AGENT_CALLER_OVERRIDES: 'model,systemPrompt' },
  ],
  ['a log with prompts', { logPrompts: true }, { AGENT_LOG_PROMPTS: '1' }],
  ['spans', { tracing: true }, { AGENT_TRACING: '1' }],
  ['a namespace', { metricsNamespace: 'Support/Agents' }, { AGENT_METRICS_NAMESPACE: 'Support/Agents' }],
])('%s reaches the agent', (_, settings, expected) => {
  expect(variablesOf(settings)).toEqual(expected);
});

test.each<[string, AgentSettings]>([
  ['nothing', {}],
  ['a log without prompts', { logPrompts: false }],
  ['no spans', { tracing: false }],
  ['no limit', { limits: {} }],
  ['the modes that an agent has anyway', { permissionModes: [ASK, ACCEPT_EDITS, PLAN] }],
  ['nothing to choose', { callerOverrides: [] }],
  ['the namespace that an agent has anyway', { metricsNamespace: 'ClaudeAgents' }],
])('%s takes no room in the environment', (_, settings) => {
  expect(variablesOf(settings)).toEqual({});
});

test('an agent knows its name', () => {
  const stack = testStack();
  const { agentName } = new AgentRuntime(stack, 'Agent', { image: testImage() });
  const environment = runtimeEnvironment(resolvedTemplate(stack));
  expect(readConfig({ ...environment, AWS_REGION: 'eu-central-1', HOME: '/home/agent' })).toMatchObject({ agentName });
});

test('a limit can be a parameter of the stack', () => {
  const stack = testStack();
  const turns = new CfnParameter(stack, 'Turns', { type: 'Number', default: 7 }).valueAsNumber;
  new AgentRuntime(stack, 'Agent', { image: testImage(), limits: { turns } });
  expect(runtimeEnvironment(resolvedTemplate(stack)).AGENT_LIMITS).toBe('{"turns":7}');
});

test('the agent reads what is set, and knows what is left out', () => {
  const configOf = (settings: AgentSettings, authorizer = AgentAuthorizer.iam()) => {
    const stack = testStack();
    new AgentRuntime(stack, 'Agent', { image: testImage(), authorizer, ...settings });
    const environment = runtimeEnvironment(resolvedTemplate(stack));
    return readConfig({ ...environment, AWS_REGION: 'eu-central-1', HOME: '/home/agent' });
  };
  expect(configOf({})).toMatchObject({
    authorizer: 'iam',
    limits: {},
    permissionModes: ['ask', 'acceptEdits', 'plan'],
    callerOverrides: [],
    metricsNamespace: 'ClaudeAgents',
  });
  const jwt = AgentAuthorizer.oidc({
    discoveryUrl: 'https://id.example.com/.well-known/openid-configuration',
    allowedClients: ['web'],
  });
  const settings: AgentSettings = {
    limits: { budgetUsd: 2.5, turns: 40 },
    permissionModes: Object.values(PermissionMode).reverse(),
    callerOverrides: Object.values(CallerOverride),
    metricsNamespace: 'Support/Agents',
  };
  expect(configOf(settings, jwt)).toMatchObject({ authorizer: 'jwt', ...settings });
});
