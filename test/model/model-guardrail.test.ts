import { aws_bedrock as bedrock, aws_secretsmanager as secretsmanager, type Stack } from 'aws-cdk-lib';
import {
  AgentRuntime,
  ClaudeModel,
  ClaudeModels,
  Geography,
  ModelGuardrail,
  ModelProvider,
  type AgentRuntimeProps,
} from '../../lib';
import { evaluate, type RequestContext } from '../../lib/testing';
import {
  ACCOUNT,
  executionRole,
  REGION,
  resolvedTemplate,
  runtimeEnvironment,
  testImage,
  testStack,
} from '../support/stack';

const guardrailArn = (id: string) => `arn:aws:bedrock:${REGION}:${ACCOUNT}:guardrail/${id}`;
const OWN = guardrailArn('abc123');
const SONNET = ClaudeModel.SONNET_5_5.modelId;

/** What an agent with this guardrail is told, and what it may do. */
function agentWith(guardrail: (stack: Stack) => ModelGuardrail) {
  const stack = testStack();
  new AgentRuntime(stack, 'Agent', {
    image: testImage(),
    models: ClaudeModels.of({
      main: ClaudeModel.SONNET_5_5.global(),
      fast: ClaudeModel.HAIKU_5_5.inGeography(Geography.EU),
    }),
    guardrail: guardrail(stack),
  });
  const template = resolvedTemplate(stack, {
    attribute: ({ type }, attribute) => {
      if (type === 'AWS::Bedrock::Guardrail') return OWN;
      return type === 'AWS::Bedrock::GuardrailVersion' && attribute === 'Version' ? '3' : undefined;
    },
  });
  const role = executionRole(template);
  return {
    told: JSON.parse(runtimeEnvironment(template).AGENT_GUARDRAIL ?? '') as unknown,
    decision: (action: string, resource: string, context: RequestContext = {}) =>
      evaluate(role, { action, resource, context }).decision,
  };
}

describe.each(['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'])('%s under a guardrail', (action) => {
  const { decision } = agentWith(() => ModelGuardrail.fromGuardrailArn(OWN, '3'));
  const profile = `arn:aws:bedrock:${REGION}:${ACCOUNT}:inference-profile/global.${SONNET}`;
  const through = { 'bedrock:InferenceProfileArn': profile };

  /** A call as Amazon Bedrock authorizes it: the profile, the model in the own Region, the model anywhere. */
  const call = (context: RequestContext): string[] => [
    decision(action, profile, context),
    decision(action, `arn:aws:bedrock:${REGION}::foundation-model/${SONNET}`, { ...through, ...context }),
    decision(action, `arn:aws:bedrock:::foundation-model/${SONNET}`, {
      ...through,
      'aws:RequestedRegion': 'unspecified',
      ...context,
    }),
  ];

  test('is allowed with this guardrail in this version', () => {
    expect(call({ 'bedrock:GuardrailIdentifier': `${OWN}:3` })).toEqual(['allowed', 'allowed', 'allowed']);
  });

  test.each<[string, RequestContext]>([
    ['without a guardrail', {}],
    ['with another version', { 'bedrock:GuardrailIdentifier': `${OWN}:2` }],
    ['with a version that begins alike', { 'bedrock:GuardrailIdentifier': `${OWN}:31` }],
    ['with the draft', { 'bedrock:GuardrailIdentifier': OWN }],
    ['with another guardrail', { 'bedrock:GuardrailIdentifier': `${guardrailArn('def456')}:3` }],
    [
      'with a guardrail of another account',
      { 'bedrock:GuardrailIdentifier': `${OWN.replace(ACCOUNT, '444455556666')}:3` },
    ],
  ])('is refused %s, wherever the model answers', (_, context) => {
    expect(call(context).slice(1)).toEqual(['explicitDeny', 'explicitDeny']);
  });

  test('stays refused for a model that an app grants besides', () => {
    const stack = testStack();
    const agent = new AgentRuntime(stack, 'Agent', {
      image: testImage(),
      guardrail: ModelGuardrail.fromGuardrailArn(OWN, '3'),
    });
    ClaudeModel.of('anthropic.claude-opus-4-6-v1', { profiles: [], inRegion: true }).inRegion().grantInvoke(agent);
    const role = executionRole(resolvedTemplate(stack));
    const resource = `arn:aws:bedrock:${REGION}::foundation-model/anthropic.claude-opus-4-6-v1`;
    expect(evaluate(role, { action, resource }).decision).toBe('explicitDeny');
    const context = { 'bedrock:GuardrailIdentifier': `${OWN}:3` };
    expect(evaluate(role, { action, resource, context }).decision).toBe('allowed');
  });

  test('is not allowed for other models by the guardrail', () => {
    const context = { 'bedrock:GuardrailIdentifier': `${OWN}:3` };
    const opus = ClaudeModel.OPUS_5_5.modelId;
    expect(decision(action, `arn:aws:bedrock:${REGION}:${ACCOUNT}:inference-profile/global.${opus}`, context)).toBe(
      'implicitDeny',
    );
    expect(decision(action, `arn:aws:bedrock:${REGION}::foundation-model/${SONNET}`, context)).toBe('implicitDeny');
  });
});

describe('a guardrail', () => {
  test('may be applied itself, and no other', () => {
    const { decision, told } = agentWith(() => ModelGuardrail.fromGuardrailArn(OWN, '3'));
    expect(told).toEqual({ id: OWN, version: '3' });
    expect(decision('bedrock:ApplyGuardrail', OWN)).toBe('allowed');
    expect(decision('bedrock:ApplyGuardrail', guardrailArn('abc1234'))).toBe('implicitDeny');
    expect(decision('bedrock:GetGuardrail', OWN)).toBe('implicitDeny');
  });

  test('of the app is applied in the version that the deployment makes', () => {
    const { told, decision } = agentWith((scope) => {
      const guardrail = new bedrock.CfnGuardrail(scope, 'Guardrail', {
        name: 'careful',
        blockedInputMessaging: 'no',
        blockedOutputsMessaging: 'no',
      });
      const version = new bedrock.CfnGuardrailVersion(scope, 'Version', {
        guardrailIdentifier: guardrail.attrGuardrailId,
      });
      return ModelGuardrail.of(guardrail, version.attrVersion);
    });
    expect(told).toEqual({ id: OWN, version: '3' });
    expect(decision('bedrock:ApplyGuardrail', OWN)).toBe('allowed');
    const model = `arn:aws:bedrock:${REGION}::foundation-model/${SONNET}`;
    const through = {
      'bedrock:InferenceProfileArn': `arn:aws:bedrock:${REGION}:${ACCOUNT}:inference-profile/global.${SONNET}`,
    };
    const call = (identifier: string) =>
      decision('bedrock:InvokeModel', model, { ...through, 'bedrock:GuardrailIdentifier': identifier });
    expect(call(`${OWN}:3`)).toBe('allowed');
    expect(call(OWN)).toBe('explicitDeny');
  });

  test('in its draft is named without a version', () => {
    const { decision, told } = agentWith(() => ModelGuardrail.fromGuardrailArn(OWN, 'DRAFT'));
    expect(told).toEqual({ id: OWN, version: 'DRAFT' });
    const profile = `arn:aws:bedrock:${REGION}:${ACCOUNT}:inference-profile/global.${SONNET}`;
    const call = (identifier: string) =>
      decision('bedrock:InvokeModel', `arn:aws:bedrock:${REGION}::foundation-model/${SONNET}`, {
        'bedrock:InferenceProfileArn': profile,
        'bedrock:GuardrailIdentifier': identifier,
      });
    expect(call(OWN)).toBe('allowed');
    expect(call(`${OWN}:1`)).toBe('explicitDeny');
  });

  test.each([
    ['abc123', '3', /"abc123" is not the ARN of a guardrail; it looks like/],
    [`${OWN}:3`, '3', /is not the ARN of a guardrail.*the version is given apart/],
    [OWN, '0', /guardrail version "0" is neither a number from 1 nor "DRAFT"/],
    [OWN, 'latest', /guardrail version "latest"/],
    [OWN, '*', /guardrail version "\*"/],
  ])('named %s in version %s is refused', (arn, version, message) => {
    expect(() => ModelGuardrail.fromGuardrailArn(arn, version)).toThrow(message);
  });

  test.each<[string, (guardrail: ModelGuardrail) => Partial<AgentRuntimeProps>]>([
    ['as guardrail', (guardrail) => ({ guardrail })],
    ['among the capabilities', (guardrail) => ({ capabilities: [guardrail] })],
  ])('given %s cannot be put around models that are not on Amazon Bedrock', (_, given) => {
    const stack = testStack();
    const secret = secretsmanager.Secret.fromSecretNameV2(stack, 'Key', 'model-key');
    expect(
      () =>
        new AgentRuntime(stack, 'Agent', {
          image: testImage(),
          models: ModelProvider.anthropicApi(secret),
          ...given(ModelGuardrail.fromGuardrailArn(OWN, '3')),
        }),
    ).toThrow(/^Test\/Agent: guardrail is given, and the models are not on Amazon Bedrock.*leave it out, or choose/);
  });

  test('cannot be joined by a second one', () => {
    const guardrail = ModelGuardrail.fromGuardrailArn(OWN, '3');
    const other = ModelGuardrail.fromGuardrailArn(guardrailArn('def456'), '3');
    const define = (props: Partial<AgentRuntimeProps>) => () =>
      new AgentRuntime(testStack(), 'Agent', { image: testImage(), ...props });
    const message = /2 guardrails are given, and a model call names one, so every call would be refused; give one/;
    expect(define({ guardrail, capabilities: [other] })).toThrow(message);
    expect(define({ capabilities: [guardrail, other] })).toThrow(message);
  });
});
