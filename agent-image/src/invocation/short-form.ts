import { CHOICE_FIELDS, readChoices, readHistory, readResume } from './choices.ts';
import { invalid, optionalBoolean, readText, refuseUnknownFields } from './fields.ts';
import type { Invocation } from './invocation.ts';
import { readOperation } from './operation.ts';

const PROMPT_FIELDS = ['prompt', 'stream', ...CHOICE_FIELDS, 'history'];
const RESUME_FIELDS = ['resume', 'stream'];
const ACTION_FIELDS = ['action', 'after', 'stream'];

/** Reads `{prompt, …}`, `{resume}` or `{action, …}`. `acceptsStream`: what the `Accept` header says. */
export function readShortForm(body: Record<string, unknown>, acceptsStream: boolean): Invocation {
  const stream = optionalBoolean('stream', body.stream) ?? acceptsStream;
  if (body.action !== undefined) {
    refuseUnknownFields(body, ACTION_FIELDS, 'an action');
    return readOperation('action', body.action, body.after, stream);
  }
  if (body.prompt === undefined) {
    refuseUnknownFields(body, RESUME_FIELDS, 'the short form of answers');
    const entries = readResume(body.resume);
    if (!entries) {
      throw invalid('"resume" has no answers');
    }
    return { kind: 'resume', entries, stream };
  }
  refuseUnknownFields(body, PROMPT_FIELDS, 'the short form');
  const prompt = readText('"prompt"', body.prompt);
  return { kind: 'prompt', prompt, choices: readChoices(body), history: readHistory(body.history), stream };
}
