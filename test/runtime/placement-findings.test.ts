import { App, Aws, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { AgentImage, AgentRuntime, ClaudeModel, ClaudeModels, ModelGuardrail, type AgentRuntimeProps } from '../../lib';
import { ACCOUNT, REGION, testImage, testStack } from '../support/stack';

const inAccount = () => new Stack(new App(), 'Test', { env: { region: REGION, account: ACCOUNT } });
const guardrail = (region: string, account: string) =>
  ModelGuardrail.fromGuardrailArn(`arn:aws:bedrock:${region}:${account}:guardrail/abc123`, '1');
const profile = (region: string) => {
  const arn = `arn:aws:bedrock:${region}:${ACCOUNT}:application-inference-profile/abc123`;
  return ClaudeModels.of({ main: ClaudeModel.SONNET_5_5.applicationProfile(arn) });
};
const image = (region: string) => AgentImage.fromImageUri(`${ACCOUNT}.dkr.ecr.${region}.amazonaws.com/agent:1`);

function warnings(props: Partial<AgentRuntimeProps>, stack = inAccount()): (string | undefined)[] {
  new AgentRuntime(stack, 'Agent', { image: testImage(), ...props });
  return Annotations.fromStack(stack)
    .findWarning('/Test/Agent', Match.anyValue())
    .map(({ entry }) => /\[ack: cdk-agentcore-constructs:(\w+)\]$/.exec(String(entry.data))?.[1]);
}

describe('a guardrail', () => {
  test.each([
    [
      'account',
      guardrail(REGION, '444455556666'),
      /the guardrail is in the account 444455556666 and the agent in 1111/,
    ],
    ['Region', guardrail('us-east-1', ACCOUNT), /the guardrail is in us-east-1 and the agent in eu-central-1/],
  ])('of another %s fails, also among the capabilities', (_, wrong, message) => {
    expect(() => warnings({ guardrail: wrong })).toThrow(message);
    expect(() => warnings({ capabilities: [wrong] })).toThrow(message);
  });

  test('of the same place passes, and so does one where either place is not known', () => {
    expect(warnings({ guardrail: guardrail(REGION, ACCOUNT) })).toEqual([]);
    expect(warnings({ guardrail: guardrail('us-east-1', '444455556666') }, testStack())).toEqual([]);
    const arn = `arn:aws:bedrock:${Aws.REGION}:${Aws.ACCOUNT_ID}:guardrail/abc123`;
    expect(warnings({ guardrail: ModelGuardrail.fromGuardrailArn(arn, '1') })).toEqual([]);
  });
});

describe.each([
  ['an application inference profile', 'profileOfOtherRegion', (region: string) => ({ models: profile(region) })],
  ['an image', 'imageOfOtherRegion', (region: string) => ({ image: image(region) })],
])('%s', (_, id, props) => {
  test('of another Region warns', () => {
    expect(warnings(props('us-east-1'))).toEqual([id]);
  });

  test('of the same Region does not, nor does one where the Region of the agent is not known', () => {
    expect(warnings(props(REGION))).toEqual([]);
    expect(warnings(props('us-east-1'), testStack())).toEqual([]);
  });
});
