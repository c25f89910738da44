import { invalid } from '../invocation/fields.ts';
import type { PermissionAnswer, ResumeEntry } from '../protocol.ts';
import type { OpenQuestion } from './open-questions.ts';
import { MAX_ANSWER_CHARACTERS } from './question.ts';
import { type ToolCall, type ToolInput, ToolRefused, type Verdict } from './tool-call.ts';

/**
 * Finds what contradicts itself in the answers of one request, before any of them counts.
 *
 * @throws RefusedRequest `INVALID_REQUEST` naming the question and what is allowed
 */
export function assertAnswers(entries: readonly ResumeEntry[]): void {
  if (entries.length === 0) {
    throw invalid('"resume" has no entry: give one for each open question');
  }
  const ids = entries.map(({ interruptId }) => interruptId);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) {
    throw invalid(`"resume" answers ${JSON.stringify(twice)} twice: give one entry for each question`);
  }
  for (const { interruptId, status, payload } of entries) {
    const finding = status === 'cancelled' ? undefined : answerFinding(payload);
    if (finding !== undefined) {
      throw invalid(`the answer to ${JSON.stringify(interruptId)} ${finding}`);
    }
  }
  if (new Set(entries.map(({ status }) => status)).size > 1) {
    throw invalid('"cancelled" ends the turn, so it is given to all questions or to none: use {"approved": false}');
  }
}

/**
 * What an answer means for the call that waits.
 *
 * @throws RefusedRequest `INVALID_REQUEST` when the tool must not run with the edited input
 */
export function verdictOf({ interruptId, payload }: ResumeEntry, { call }: OpenQuestion): Verdict {
  if (payload?.approved !== true) return { allowed: false, reason: denial(payload?.message) };
  if (payload.editedArgs === undefined) return { allowed: true, input: call.input };
  return { allowed: true, input: checked(interruptId, payload.editedArgs, call) };
}

function answerFinding(payload: PermissionAnswer | undefined): string | undefined {
  if (payload === undefined) return 'needs a "payload" with "approved": true or false';
  const { approved, scope, editedArgs, message = '' } = payload;
  if (!approved && scope === 'session') return 'denies for the session: only what is allowed can have this scope';
  if (!approved && editedArgs !== undefined) return 'denies, and yet has "editedArgs": leave them out';
  return message.length > MAX_ANSWER_CHARACTERS
    ? `has a "message" of ${message.length} characters: it may have ${MAX_ANSWER_CHARACTERS}`
    : undefined;
}

function checked(interruptId: string, edited: ToolInput, call: ToolCall): ToolInput {
  try {
    return call.check(edited);
  } catch (error) {
    if (!(error instanceof ToolRefused)) throw error;
    throw invalid(`the "editedArgs" of ${JSON.stringify(interruptId)} may not run (${error.message})`);
  }
}

function denial(message: string | undefined): string {
  return message === undefined || message.trim() === ''
    ? 'The person did not allow this. Do not try to do it in another way.'
    : `The person did not allow this, and said: ${message}`;
}
