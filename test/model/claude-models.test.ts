import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { AgentRuntime, ClaudeModel, ClaudeModels, Geography } from '../../lib';
import { evaluate } from '../../lib/testing';
import { ACCOUNT, executionRole, resolvedTemplate, runtimeEnvironment, testImage, testStack } from '../support/stack';

const { SONNET_5_5, HAIKU_5_5, OPUS_5_5 } = ClaudeModel;

function environmentOf(models: ClaudeModels): Record<string, string> {
  const stack = testStack();
  new AgentRuntime(stack, 'Agent', { image: testImage(), models });
  return runtimeEnvironment(resolvedTemplate(stack));
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

  test('uses the main model for roles that are not given', () => {
    const main = 'jp.anthropic.claude-sonnet-5-5';
    expect(environmentOf(ClaudeModels.of({ main: SONNET_5_5.inGeography(Geography.JP) }))).toEqual({
      AGENT_MODEL_MAIN: main,
      AGENT_MODEL_FAST: main,
      AGENT_MODEL_SUBAGENT: main,
    });
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
