import type { ModelMessage, ModelRequest } from '../../bin/local/model/model-script';
import { answerTo, promptOf, SoakedModel } from './soaked-model';
import { UNDISTURBED } from './upsets';

const model = 'global.anthropic.claude-sonnet-5-5';

function request(prompts: string[], answers: string[]): ModelRequest {
  const messages: ModelMessage[] = [
    ...prompts.map((content) => ({ role: 'user' as const, content })),
    ...answers.map((content) => ({ role: 'assistant' as const, content })),
  ];
  return { modelId: model, streaming: true, body: { messages }, userTexts: prompts };
}

describe('the model of a soak', () => {
  const answer = (marker: string): string => answerTo(marker).join('');
  let lost: string[];
  let soaked: SoakedModel;

  beforeEach(() => {
    lost = [];
    soaked = new SoakedModel((problem) => lost.push(problem));
    soaked.expect('soak-1-11', UNDISTURBED, ['soak-1-1']);
  });

  it('is content with a conversation that has every finished turn', () => {
    soaked.script(request([promptOf('soak-1-1'), promptOf('soak-1-11')], [answer('soak-1-1')]));

    expect(lost).toEqual([]);
  });

  it('misses the prompt and the answer of a finished turn', () => {
    soaked.script(request([promptOf('soak-1-11')], [answer('soak-1-11')]));

    expect(lost).toEqual([
      'the prompt of finished turn soak-1-1 is not in the conversation of soak-1-11',
      'the answer of finished turn soak-1-1 is not in the conversation of soak-1-11',
    ]);
  });

  it('does not take half an answer for one', () => {
    soaked.script(request([promptOf('soak-1-1'), promptOf('soak-1-11')], ['answer to soak-1-1 0 1']));

    expect(lost).toHaveLength(1);
  });

  it('wonders at a prompt that nobody sent', () => {
    soaked.script(request([promptOf('soak-2-1')], []));

    expect(lost).toEqual(['the model was asked without a prompt of the soak: This is prompt soak-2-1.']);
  });
});
