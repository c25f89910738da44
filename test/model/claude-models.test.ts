import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { readConfig } from '../../agent-image/src/config.ts';
import { AgentRuntime, ClaudeModel, ClaudeModels, Geography } from '../../lib';
import { evaluate } from '../../lib/testing';
import { ACCOUNT, executionRole, resolvedTemplate, runtimeEnvironment, testImage, testStack } from '../support/stack';

const { SONNET_5_5, HAIKU_5_5, OPUS_5_5 } = ClaudeModel;

/** The variables that name models. */
function environmentOf(models: ClaudeModels): Record<string, string> {
  const stack = testStack();
  new AgentRuntime(stack, 'Agent', { image: testImage(), models });
  const variables = Object.entries(runtimeEnvironment(resolvedTemplate(stack)));
  return Object.fromEntries(variables.filter(([name]) => name.startsWith('AGENT_MODEL_')));
}

describe('ClaudeModels', () => {
  test('names the model of each role in the environment', () => {
    const models = ClaudeModels.of({
      main: SONNET_5_5.global(),
      fast: HAIKU_5_5.inGeography(Geography.US),
      subagent: OPUS_5_5.global(),
    });
    expect(environmentOf(models)).toEqual({
      AGENT_MODEL_MAIN: 'global.anthropic.claude-sonnet-5-5',
      AGENT_MODEL_FAST: 'us.anthropic.claude-haiku-5-5',
      AGENT_MODEL_SUBAGENT: 'global.anthropic.claude-opus-5-5',
    });
  });

  test('names a model for each family that has a role, and grants it', () => {
    const arn = `arn:aws:bedrock:eu-west-1:${ACCOUNT}:application-inference-profile/abc123`;
    const stack = testStack();
    new AgentRuntime(stack, 'Agent', {
      image: testImage(),
      models: ClaudeModels.of({
        main: SONNET_5_5.global(),
        opus: OPUS_5_5.inGeography(Geography.EU),
        sonnet: SONNET_5_5.applicationProfile(arn),
        haiku: HAIKU_5_5.global(),
      }),
    });
    const template = resolvedTemplate(stack, { region: 'eu-west-1' });
    const environment = runtimeEnvironment(template);
    expect(environment).toMatchObject({
      AGENT_MODEL_OPUS: 'eu.anthropic.claude-opus-5-5',
      AGENT_MODEL_SONNET: arn,
      AGENT_MODEL_HAIKU: 'global.anthropic.claude-haiku-5-5',
    });
    const { models } = readConfig({ ...environment, AWS_REGION: 'eu-west-1', HOME: '/home/agent' });
    expect(models.main).toBe('global.anthropic.claude-sonnet-5-5');

    const role = executionRole(template);
    const invokes = (id: string) =>
      evaluate(role, {
        action: 'bedrock:InvokeModelWithResponseStream',
        resource: id.startsWith('arn:') ? id : `arn:aws:bedrock:eu-west-1:${ACCOUNT}:inference-profile/${id}`,
      }).allowed;
    const named = Object.entries(environment).flatMap(([name, id]) => (name.startsWith('AGENT_MODEL_') ? [id] : []));
    expect(named).toHaveLength(6);
    expect(named.filter((id) => !invokes(id))).toEqual([]);
    expect(invokes('global.anthropic.claude-opus-5-5')).toBe(false);
    expect(invokes('eu.anthropic.claude-haiku-5-5')).toBe(false);
  });

  test('fails where the role of a family has a model of another', () => {
    const arn = `arn:aws:bedrock:eu-west-1:${ACCOUNT}:application-inference-profile/abc123`;
    const main = SONNET_5_5.global();
    expect(() =>
      ClaudeModels.of({ main, opus: main, sonnet: main, haiku: ClaudeModel.FABLE_5_1.applicationProfile(arn) }),
    ).toThrow(
      /^ClaudeModels\.of:\n {2}- the role "opus" has anthropic\.claude-sonnet-5-5, which is no Claude opus model.*leave the role out\n {2}- the role "haiku" has anthropic\.claude-fable-5-1/,
    );
    expect(() =>
      ClaudeModels.of({
        main,
        opus: ClaudeModel.OPUS_4_6.global(),
        sonnet: ClaudeModel.SONNET_4_5.global(),
        haiku: ClaudeModel.of('anthropic.claude-3-5-haiku-20241022-v1:0').global(),
      }),
    ).not.toThrow();
  });

  test('uses the main model for roles that are not given', () => {
    const main = 'jp.anthropic.claude-sonnet-5-5';
    expect(environmentOf(ClaudeModels.of({ main: SONNET_5_5.inGeography(Geography.JP) }))).toEqual({
      AGENT_MODEL_MAIN: main,
      AGENT_MODEL_FAST: main,
      AGENT_MODEL_SUBAGENT: main,
    });
  });

  test('grants both of two ways that have one profile id and differ in their Regions', () => {
    const arn = `arn:aws:bedrock:eu-west-1:${ACCOUNT}:application-inference-profile/abc123`;
    const stack = testStack();
    new AgentRuntime(stack, 'Agent', {
      image: testImage(),
      models: ClaudeModels.of({
        main: SONNET_5_5.applicationProfile(arn, ['eu-west-1']),
        subagent: SONNET_5_5.applicationProfile(arn, ['eu-north-1']),
      }),
    });
    const role = executionRole(resolvedTemplate(stack, { region: 'eu-west-1' }));
    const allowed = (region: string) =>
      evaluate(role, {
        action: 'bedrock:InvokeModel',
        resource: `arn:aws:bedrock:${region}::foundation-model/${SONNET_5_5.modelId}`,
        context: { 'bedrock:InferenceProfileArn': arn },
      }).allowed;
    expect(['eu-west-1', 'eu-north-1', 'eu-south-1'].map(allowed)).toEqual([true, true, false]);
  });

  test('grants a way once that several roles have', () => {
    const statements = (models: ClaudeModels) => {
      const stack = testStack();
      const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), models });
      return (stack.resolve(agent.requiredPermissions) as { Statement: unknown[] }).Statement.length;
    };
    const once = statements(ClaudeModels.of({ main: SONNET_5_5.global() }));
    expect(statements(ClaudeModels.of({ main: SONNET_5_5.global(), subagent: SONNET_5_5.global() }))).toBe(once);
    expect(statements(ClaudeModels.of({ main: SONNET_5_5.global(), subagent: OPUS_5_5.global() }))).toBeGreaterThan(
      once,
    );
  });

  test('warns in a Region outside the geography, naming the Regions and the remedies', () => {
    const warnings = (region: string) => {
      const stack = testStack({ env: { region, account: '111122223333' } });
      const models = ClaudeModels.of({ main: SONNET_5_5.inGeography(Geography.JP) });
      new AgentRuntime(stack, 'Agent', { image: testImage(), models });
      return Annotations.fromStack(stack)
        .findWarning('/Test/Agent', Match.anyValue())
        .map(({ entry }) => entry.data);
    };
    expect(warnings('eu-west-1')).toEqual([
      expect.stringMatching(
        /^jp\.anthropic\.claude-sonnet-5-5 may not be callable from eu-west-1: .*ap-northeast-1, ap-northeast-3.*\.global\(\)/,
      ),
    ]);
    expect(warnings('ap-northeast-1')).toEqual([]);
  });
});

describe('ClaudeModel.of', () => {
  test('accepts the id of a Claude model that has no name here', () => {
    expect(ClaudeModel.of('anthropic.claude-sonnet-4-5-20250929-v1:0').global().invocationId).toBe(
      'global.anthropic.claude-sonnet-4-5-20250929-v1:0',
    );
  });

  test.each(['us.anthropic.claude-sonnet-5-5', 'amazon.nova-pro-v1:0', 'claude-sonnet-5-5', ''])(
    'fails on %j, which is no Claude foundation model',
    (id) => {
      expect(() => ClaudeModel.of(id)).toThrow(`ClaudeModel: "${id}" is not the id of a Claude foundation model`);
    },
  );
});

describe('Geography.of', () => {
  test('takes newer destinations than the library knows', () => {
    const stack = testStack();
    const wider = Geography.of('eu', ['eu-west-1', 'eu-west-2']);
    new AgentRuntime(stack, 'Agent', {
      image: testImage(),
      models: ClaudeModels.of({ main: SONNET_5_5.inGeography(wider) }),
    });
    const template = resolvedTemplate(stack, { region: 'eu-west-1' });
    const call = (region: string) =>
      evaluate(executionRole(template), {
        action: 'bedrock:InvokeModel',
        resource: `arn:aws:bedrock:${region}::foundation-model/${SONNET_5_5.modelId}`,
        context: {
          'bedrock:InferenceProfileArn': `arn:aws:bedrock:eu-west-1:${ACCOUNT}:inference-profile/eu.${SONNET_5_5.modelId}`,
        },
      }).allowed;
    expect(call('eu-west-2')).toBe(true);
    expect(call('eu-north-1')).toBe(false);
  });

  test('fails without destinations or with something that is no prefix', () => {
    expect(() => Geography.of('eu', [])).toThrow(/"eu" has no destination Regions/);
    expect(() => Geography.of('eu.', ['eu-west-1'])).toThrow(/prefix "eu\."/);
  });
});
