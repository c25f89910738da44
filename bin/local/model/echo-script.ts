import type { ModelScript } from './model-script';

/** At most this many deltas, so that a long prompt is not repeated for minutes. */
const MAX_DELTAS = 24;
const DELTA_DELAY_MS = 25;

/**
 * The model of a local run without credentials: says that it is scripted, repeats the prompt, and shows what the
 * conversation remembers, so that streaming and memory can be seen without a real model.
 */
export const echoScript: ModelScript = ({ userTexts }) => {
  const turns = userTexts.length;
  const prompt = userTexts.at(-1) ?? '';
  const memory =
    turns > 1
      ? `This is turn ${turns} of our conversation, which began with: “${userTexts[0] ?? ''}”`
      : 'This is turn 1.';
  const text = [
    'This is a scripted model, not Claude: nothing was sent to AWS or to another provider.',
    `You wrote: “${prompt}”`,
    memory,
  ].join('\n\n');
  return { kind: 'message', text: inPieces(text), deltaDelayMs: DELTA_DELAY_MS };
};

function inPieces(text: string): string[] {
  const characters = Array.from(text);
  const size = Math.max(16, Math.ceil(characters.length / MAX_DELTAS));
  return Array.from({ length: Math.ceil(characters.length / size) }, (_, index) =>
    characters.slice(index * size, (index + 1) * size).join(''),
  );
}
