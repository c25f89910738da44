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
export function promptAfterInterrupted(prompt: string, interrupted: string, transcript: string): string {
  const quoted = JSON.stringify(interrupted);
  if (transcript.includes(quoted)) {
    return prompt;
  }
  return [
    'Your answer to my last message was lost before it was finished. It was, as JSON:',
    quoted,
    'What I say now is:',
    prompt,
  ].join('\n');
}
