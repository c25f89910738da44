import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { readConfig } from '../../agent-image/src/config.ts';
import { AgentRuntime, ClaudeModel, ClaudeModels, Geography, type ModelAccess } from '../../lib';
import { evaluate, type RequestContext } from '../../lib/testing';
import { ACCOUNT, executionRole, resolvedTemplate, runtimeEnvironment, testImage, testStack } from '../support/stack';

/** Every model that the library has a name for, with all that it knows about them. */
const MODELS = Object.values(ClaudeModel).filter((value) => value instanceof ClaudeModel);
const GEOGRAPHIES = [Geography.US, Geography.EU, Geography.JP, Geography.AU, Geography.APAC];
const ACTIONS = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'];

type Allows = (resource: string, context?: RequestContext) => boolean;

/** Whether the role of an agent with this model alone may do both invoke actions on `resource`. */
function roleWith(access: ModelAccess, region: string): Allows {
  return agentWith(access, region).allows;
}

/** That, and the models that the agent reads from its environment. */
function agentWith(access: ModelAccess, region: string): { allows: Allows; models: string[] } {
  const stack = testStack();
  new AgentRuntime(stack, 'Agent', { image: testImage(), models: ClaudeModels.of({ main: access }) });
  const template = resolvedTemplate(stack, { region });
  const { models } = readConfig({ ...runtimeEnvironment(template), AWS_REGION: region, HOME: '/home/agent' });
  const role = executionRole(template);
  const allows: Allows = (resource, context = {}) => {
    const [one, other] = ACTIONS.map((action) => evaluate(role, { action, resource, context }).allowed);
    if (one !== other) throw new Error(`the two invoke actions differ for ${resource}`);
    return one === true;
  };
  return { allows, models: [models.main, models.fast, models.subagent] };
}

const foundationModel = (id: string, region: string) => `arn:aws:bedrock:${region}::foundation-model/${id}`;
const profile = (id: string, region: string) => `arn:aws:bedrock:${region}:${ACCOUNT}:inference-profile/${id}`;
const through = (arn: string) => ({ 'bedrock:InferenceProfileArn': arn });
const neighbourOf = ({ modelId }: ClaudeModel) =>
  modelId === ClaudeModel.OPUS_5_5.modelId ? ClaudeModel.HAIKU_5_5.modelId : ClaudeModel.OPUS_5_5.modelId;

const routes = MODELS.flatMap((model) =>
  (model.availability?.profiles ?? ['global', 'us', 'eu', 'jp', 'au']).map((prefix) => ({
    model,
    geography: GEOGRAPHIES.find((known) => known.prefix === prefix),
    prefix,
    id: `${prefix}.${model.modelId}`,
  })),
);

describe.each(routes)('$id', ({ model, geography, prefix, id }) => {
  const access = geography === undefined ? model.global() : model.inGeography(geography);
  const region = geography?.destinationRegions[0] ?? 'eu-central-1';
  const { allows, models } = agentWith(access, region);
  const own = profile(id, region);

  test('is all that the agent is told to call, and it may call that', () => {
    expect(new Set(models)).toEqual(new Set([id]));
    for (const model of models) expect(allows(profile(model, region))).toBe(true);
  });

  test('is invoked through its profile, wherever that routes', () => {
    expect(access.invocationId).toBe(id);
    expect(allows(own)).toBe(true);
    for (const destination of geography?.destinationRegions ?? [region]) {
      expect(allows(foundationModel(model.modelId, destination), through(own))).toBe(true);
    }
    const anywhere = { ...through(own), 'aws:RequestedRegion': 'unspecified' };
    expect(allows(foundationModel(model.modelId, ''), anywhere)).toBe(prefix === 'global');
  });

  test('is not invoked bare, from another profile, or where the profile does not route', () => {
    const other = profile(`${prefix === 'global' ? 'us' : 'global'}.${model.modelId}`, region);
    expect(allows(foundationModel(model.modelId, region))).toBe(false);
    expect(allows(foundationModel(model.modelId, region), through(other))).toBe(false);
    expect(allows(other)).toBe(false);
    expect(allows(foundationModel(model.modelId, 'sa-east-1'), through(own))).toBe(false);
  });

  test('opens no neighbour', () => {
    const neighbour = neighbourOf(model);
    expect(allows(profile(`${prefix}.${neighbour}`, region))).toBe(false);
    expect(allows(foundationModel(neighbour, region), through(own))).toBe(false);
    expect(allows(foundationModel(neighbour, ''), { ...through(own), 'aws:RequestedRegion': 'unspecified' })).toBe(
      false,
    );
  });
});

describe('a model without a profile', () => {
  const model = ClaudeModel.of('anthropic.claude-opus-4-6-v1', { profiles: ['global'], inRegion: true });
  const { allows, models } = agentWith(model.inRegion(), 'eu-west-2');

  test('is all that the agent is told to call, and it may call that', () => {
    expect(new Set(models)).toEqual(new Set([model.modelId]));
    for (const name of models) expect(allows(foundationModel(name, 'eu-west-2'))).toBe(true);
  });

  test('is invoked in the Region of the agent and nowhere else', () => {
    expect(allows(foundationModel(model.modelId, 'eu-west-2'))).toBe(true);
    expect(allows(foundationModel(model.modelId, 'eu-west-1'))).toBe(false);
    expect(allows(foundationModel(model.modelId, ''))).toBe(false);
    expect(allows(profile(`global.${model.modelId}`, 'eu-west-2'))).toBe(false);
    expect(allows(foundationModel(ClaudeModel.OPUS_5_5.modelId, 'eu-west-2'))).toBe(false);
  });
});

describe('an application inference profile', () => {
  const arn = `arn:aws:bedrock:eu-west-1:${ACCOUNT}:application-inference-profile/abc123`;
  const { SONNET_5_5 } = ClaudeModel;

  test('is invoked itself, and the model behind it only through it', () => {
    const { allows, models } = agentWith(SONNET_5_5.applicationProfile(arn), 'eu-west-1');
    expect(new Set(models)).toEqual(new Set([arn]));
    expect(allows(arn)).toBe(true);
    expect(allows(foundationModel(SONNET_5_5.modelId, 'eu-north-1'), through(arn))).toBe(true);
    expect(allows(foundationModel(SONNET_5_5.modelId, 'eu-north-1'))).toBe(false);
    expect(allows(foundationModel(SONNET_5_5.modelId, 'eu-north-1'), through(`${arn}4`))).toBe(false);
    expect(allows(foundationModel(neighbourOf(SONNET_5_5), 'eu-north-1'), through(arn))).toBe(false);
    expect(allows(`${arn}4`)).toBe(false);
  });

  test('is looked up itself, and no other', () => {
    const stack = testStack();
    const models = ClaudeModels.of({ main: SONNET_5_5.applicationProfile(arn) });
    new AgentRuntime(stack, 'Agent', { image: testImage(), models });
    const role = executionRole(resolvedTemplate(stack, { region: 'eu-west-1' }));
    const looksUp = (resource: string) => evaluate(role, { action: 'bedrock:GetInferenceProfile', resource }).allowed;
    expect(looksUp(arn)).toBe(true);
    expect(looksUp(`${arn}4`)).toBe(false);
  });

  test('reaches only the Regions that are named', () => {
    const allows = roleWith(SONNET_5_5.applicationProfile(arn, ['eu-west-1']), 'eu-west-1');
    expect(allows(foundationModel(SONNET_5_5.modelId, 'eu-west-1'), through(arn))).toBe(true);
    expect(allows(foundationModel(SONNET_5_5.modelId, 'us-east-1'), through(arn))).toBe(false);
  });

  test('fails on another kind of ARN', () => {
    expect(() => SONNET_5_5.applicationProfile(profile('global.x', 'eu-west-1'))).toThrow(
      /is not the ARN of an application inference profile/,
    );
  });
});

describe('a way to a model', () => {
  const bind = (access: ModelAccess) => {
    const stack = testStack();
    new AgentRuntime(stack, 'Agent', { image: testImage(), models: ClaudeModels.of({ main: access }) });
    return Annotations.fromStack(stack).findWarning('/Test/Agent', Match.anyValue());
  };

  test('that does not exist fails with the list of what does', () => {
    expect(() => bind(ClaudeModel.FABLE_5_1.inGeography(Geography.EU))).toThrow(
      /^Test\/Agent: there is no inference profile eu\.anthropic\.claude-fable-5-1; in November 2026 there were global\.anthropic\.claude-fable-5-1, us\.anthropic\.claude-fable-5-1; choose one/,
    );
    expect(() => bind(ClaudeModel.SONNET_5_5.inRegion())).toThrow(/cannot be called without an inference profile/);
  });

  test('that newer knowledge allows passes', () => {
    const newer = ClaudeModel.of('anthropic.claude-fable-5-1', { profiles: ['global', 'us', 'eu'], inRegion: true });
    expect(bind(newer.inGeography(Geography.EU))).toEqual([]);
    expect(bind(newer.inRegion())).toEqual([]);
  });

  test('that is not known gives a warning that can be acknowledged', () => {
    const [warning, ...others] = bind(ClaudeModel.of('anthropic.claude-quartet-6').global());
    expect(others).toEqual([]);
    expect(warning?.entry.data).toMatch(
      /^global\.anthropic\.claude-quartet-6 was not checked.*\[ack: cdk-agentcore-constructs:unknownModel\]$/,
    );
  });
});
