import type { HistoryMessage } from './protocol.ts';

/**
 * The first prompt of a session, after a conversation that was held elsewhere. The SDK takes no messages of the
 * assistant, so the conversation is told in the prompt: as JSON, which no message can end before its time.
 */
export function promptWithHistory(prompt: string, history: readonly HistoryMessage[]): string {
  if (history.length === 0) {
    return prompt;
  }
  const lines = history.map(({ role, content }) => JSON.stringify({ role, content }));
  return [
    'We have talked before. This is our conversation so far, one message a line, as JSON:',
    ...lines,
    'Go on with it. What I say now is:',
    prompt,
  ].join('\n');
}

/**
 * A prompt after one that a container was lost with: the SDK may not have noted that one, and the model is to know of it.
 *
 * @param transcript what the SDK noted of the conversation
 */
export function promptAfterLost(prompt: string, lost: string, transcript: string): string {
  if (lastPromptIn(transcript) === lost) {
    return prompt;
  }
  return [
    'Your answer to my last message was lost before it was finished. It was, as JSON:',
    JSON.stringify(lost),
    'What I say now is:',
    prompt,
  ].join('\n');
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
