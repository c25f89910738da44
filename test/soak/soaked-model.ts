import type { ModelRequest, ModelScript, ScriptedReply } from '../../bin/local/model/scripted-bedrock';
import type { Upset } from './upsets';

const MARKER = /soak-\d+-\d+/g;

/** What is known of one prompt. */
interface Asked {
  readonly upset: Upset;
  /** Turns of its session that a client had seen finished before. */
  readonly finishedBefore: readonly string[];
  calls: number;
}

/** Marks a prompt and its answer, so that both are found again in what the model is sent. */
export function markerOf(session: number, turn: number): string {
  return `soak-${session}-${turn}`;
}

export function promptOf(marker: string): string {
  return `This is prompt ${marker}.`;
}

/** The answer to a marked prompt, in the pieces that it is streamed in. */
export function answerTo(marker: string): string[] {
  return ['answer ', 'to ', marker, ...Array.from({ length: 9 }, (_, index) => ` ${index}`)];
}

/** The model of a soak: answers as each turn's upset says, and sees to it that no finished turn was forgotten. */
export class SoakedModel {
  /** Model calls. */
  calls = 0;
  readonly #asked = new Map<string, Asked>();
  readonly #onLost: (problem: string) => void;

  /** `onLost` is told of every finished turn that is not in the conversation. */
  constructor(onLost: (problem: string) => void) {
    this.#onLost = onLost;
  }

  readonly script: ModelScript = (request) => this.#answer(request);

  expect(marker: string, upset: Upset, finishedBefore: readonly string[]): void {
    this.#asked.set(marker, { upset, finishedBefore, calls: 0 });
  }

  /** Whether the model was called for a prompt. */
  isAsked(marker: string): boolean {
    return (this.#asked.get(marker)?.calls ?? 0) > 0;
  }

  #answer(request: ModelRequest): ScriptedReply {
    this.calls += 1;
    const marker = [...(request.userTexts.at(-1) ?? '').matchAll(MARKER)].at(-1)?.[0] ?? '';
    const asked = this.#asked.get(marker);
    if (!asked) {
      this.#onLost(`the model was asked without a prompt of the soak: ${request.userTexts.at(-1)?.slice(0, 200)}`);
      return { kind: 'message', text: 'unknown' };
    }
    this.#assertComplete(marker, request, asked);
    const fault = asked.upset.faults[asked.calls];
    asked.calls += 1;
    return fault ?? { kind: 'message', text: answerTo(marker), deltaDelayMs: asked.upset.slow ? 20 : 0 };
  }

  #assertComplete(marker: string, { userTexts, body }: ModelRequest, { finishedBefore }: Asked): void {
    const prompts = userTexts.join('\n');
    const answers = JSON.stringify(body.messages.filter(({ role }) => role === 'assistant'));
    for (const finished of finishedBefore) {
      if (!prompts.includes(promptOf(finished))) {
        this.#onLost(`the prompt of finished turn ${finished} is not in the conversation of ${marker}`);
      }
      if (!answers.includes(answerTo(finished).join(''))) {
        this.#onLost(`the answer of finished turn ${finished} is not in the conversation of ${marker}`);
      }
    }
  }
}
