import { outcomesSincePrompt, type ToolOutcome } from './model-request';
import type { ModelRequestBody, ModelScript, ScriptedMessage } from './model-script';
import { PHRASE_FORM, readToolPhrases } from './tool-phrase';

/** At most this many deltas, so that a long prompt is not repeated for minutes. */
const MAX_DELTAS = 24;
const DELTA_DELAY_MS = 25;
/** Characters of what a tool gave that are shown. */
const MAX_SHOWN = 2_000;

const DISCLAIMER = 'This is a scripted model, not Claude: nothing was sent to AWS or to another provider.';

/**
 * The model of a local run without credentials. It says that it is scripted, repeats the prompt, and shows what the
 * conversation remembers; where the prompt names tools (`use <tool> <input as JSON>`, one a line), it uses them one after
 * the other and tells what they gave. Streaming, memory, tools, questions and files can be seen without a real model.
 */
export const echoScript: ModelScript = ({ userTexts, body }) => {
  const phrases = offeredTools(body).length === 0 ? [] : readToolPhrases(userTexts.at(-1) ?? '');
  if (phrases.length === 0) return spoken([DISCLAIMER, ...echo(userTexts), ...help(body)]);

  const outcomes = outcomesSincePrompt(body);
  const told = outcomes.map((outcome, index) => describeOutcome(phrases[index]?.name ?? 'a tool', outcome));
  const next = phrases[outcomes.length];
  if (next === undefined) return spoken([DISCLAIMER, ...told]);
  if ('mistake' in next) {
    return spoken([DISCLAIMER, ...told, `The input of ${next.name} is not JSON: ${next.mistake}. ${EXAMPLE}`]);
  }
  if (!offeredTools(body).includes(next.name)) {
    return spoken([DISCLAIMER, ...told, `I have no tool ${next.name}.`, ...help(body)]);
  }
  return { kind: 'message', toolUses: [next] };
};

const EXAMPLE = 'An example: `use Write {"file_path": "notes.md", "content": "Tea"}`';

function echo(userTexts: readonly string[]): string[] {
  const turns = userTexts.length;
  const memory =
    turns > 1
      ? `This is turn ${turns} of our conversation, which began with: “${userTexts[0] ?? ''}”`
      : 'This is turn 1.';
  return [`You wrote: “${userTexts.at(-1) ?? ''}”`, memory];
}

function help(body: ModelRequestBody): string[] {
  const tools = offeredTools(body);
  return tools.length === 0
    ? []
    : [`To have me use a tool, write \`${PHRASE_FORM}\`, one a line. ${EXAMPLE}. I have ${tools.join(', ')}.`];
}

function describeOutcome(name: string, { failed, text }: ToolOutcome): string {
  const rest = text.length - MAX_SHOWN;
  const shown = rest > 0 ? `${text.slice(0, MAX_SHOWN)}… (${String(rest)} characters more)` : text;
  return `${name} ${failed ? 'failed' : 'gave'}: ${shown}`;
}

function offeredTools({ tools = [] }: ModelRequestBody): string[] {
  return tools.map(({ name }) => name);
}

function spoken(paragraphs: readonly string[]): ScriptedMessage {
  return { kind: 'message', text: inPieces(paragraphs.join('\n\n')), deltaDelayMs: DELTA_DELAY_MS };
}

function inPieces(text: string): string[] {
  const characters = Array.from(text);
  const size = Math.max(16, Math.ceil(characters.length / MAX_DELTAS));
  return Array.from({ length: Math.ceil(characters.length / size) }, (_, index) =>
    characters.slice(index * size, (index + 1) * size).join(''),
  );
}
