import type { HistoryMessage } from './protocol.ts';

const TOLD_HISTORY = 'We have talked before. This is our conversation so far, one message a line, as JSON:';
const SAID_AFTER_HISTORY = 'Go on with it. What I say now is:';
const TOLD_LOST = 'Your answer to my last message was lost before it was finished. It was, as JSON:';
const SAID_AFTER_LOST = 'What I say now is:';

/**
 * The first prompt of a session, after a conversation that was held elsewhere. The SDK takes no messages of the
 * assistant, so the conversation is told in the prompt: as JSON, which no message can end before its time.
 */
export function promptWithHistory(prompt: string, history: readonly HistoryMessage[]): string {
  if (history.length === 0) {
    return prompt;
  }
  const lines = history.map(({ role, content }) => JSON.stringify({ role, content }));
  return [TOLD_HISTORY, ...lines, SAID_AFTER_HISTORY, prompt].join('\n');
}

/**
 * A prompt after one that a container was lost with: the SDK may not have noted that one, and the model is to know of it.
 *
 * @param transcript what the SDK noted of the conversation
 */
export function promptAfterLost(prompt: string, lost: string, transcript: string): string {
  const last = lastPromptIn(transcript);
  if (last !== undefined && (last === lost || original(last, TOLD_LOST, SAID_AFTER_LOST) === lost)) {
    return prompt;
  }
  return [TOLD_LOST, JSON.stringify(lost), SAID_AFTER_LOST, prompt].join('\n');
}

/** What a person wrote, of a prompt as the model was told it. */
export function originalPrompt(told: string): string {
  return original(original(told, TOLD_LOST, SAID_AFTER_LOST), TOLD_HISTORY, SAID_AFTER_HISTORY);
}

/** What is between is JSON, in which no line can read like the one that ends it. */
function original(told: string, begin: string, end: string): string {
  const at = told.startsWith(`${begin}\n`) ? told.indexOf(`\n${end}\n`) : -1;
  return at === -1 ? told : told.slice(at + end.length + 2);
}

interface TranscriptLine {
  readonly type?: string;
  readonly isMeta?: boolean;
  readonly message?: { readonly content?: string | readonly { readonly type: string; readonly text?: string }[] };
}

/** What the person said last; results of tools are messages of the user too, and have no text of theirs. */
function lastPromptIn(transcript: string): string | undefined {
  for (const line of transcript.split('\n').reverse()) {
    const { type, isMeta, message } = parsed(line);
    const content = message?.content;
    const texts = typeof content === 'string' ? [content] : (content ?? []).flatMap(({ text }) => text ?? []);
    if (type === 'user' && !isMeta && texts.length > 0) {
      return texts.at(-1);
    }
  }
  return undefined;
}

/** Nothing for a line that a process was killed in. */
function parsed(line: string): TranscriptLine {
  try {
    return JSON.parse(line) as TranscriptLine;
  } catch {
    return {};
  }
}
