import { AgentRuntime, ClaudeModel, ClaudeModels, Geography } from '../../lib';
import { resolvedTemplate, runtimeEnvironment, testImage, testStack } from '../support/stack';

const { SONNET_5_5, HAIKU_5_5, OPUS_5_5 } = ClaudeModel;

function environmentOf(models: ClaudeModels, region?: string): Record<string, string> {
  const stack = testStack(region === undefined ? {} : { env: { region, account: '111122223333' } });
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

  test('fails in a Region outside the geography, naming the Regions and the remedies', () => {
    const models = ClaudeModels.of({ main: SONNET_5_5.inGeography(Geography.JP) });
    expect(() => environmentOf(models, 'eu-west-1')).toThrow(
      /Test\/Agent: jp\.anthropic\.claude-sonnet-5-5 cannot be called from eu-west-1: .*ap-northeast-1, ap-northeast-3.*\.global\(\)/,
    );
    expect(environmentOf(models, 'ap-northeast-1').AGENT_MODEL_MAIN).toBe('jp.anthropic.claude-sonnet-5-5');
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
    const wider = Geography.of('eu', ['eu-west-1', 'eu-west-2']);
    expect(environmentOf(ClaudeModels.of({ main: SONNET_5_5.inGeography(wider) }), 'eu-west-2').AGENT_MODEL_MAIN).toBe(
      'eu.anthropic.claude-sonnet-5-5',
    );
  });

  test('fails without destinations or with something that is no prefix', () => {
    expect(() => Geography.of('eu', [])).toThrow(/"eu" has no destination Regions/);
    expect(() => Geography.of('eu.', ['eu-west-1'])).toThrow(/prefix "eu\."/);
  });
});
