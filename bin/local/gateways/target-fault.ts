import { types } from 'node:util';
import { RequestFault } from '../http-messages';

/** What went wrong between a gateway and a target, as a sentence for whoever runs the gateway. */
export class TargetFault extends Error {
  /** @param message one line: what a target said may be in it, and is not to write to a terminal as it likes */
  constructor(message: string, options?: ErrorOptions) {
    super(message.replace(/\p{Cc}+/gu, ' '), options);
  }
}

/** Whether an error is told, and not one of the run itself. */
export function isTold(error: unknown): error is TargetFault | RequestFault {
  return error instanceof TargetFault || error instanceof RequestFault;
}

/** What a failed request comes to: `fetch` itself only says that it failed, its cause says why. */
export function sentenceOf(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  const { cause, message } = error;
  // One error for each address of a host that has several.
  if (message === '' && 'errors' in error && Array.isArray(error.errors))
    return error.errors.map(sentenceOf).join(', ');
  return message === 'fetch failed' && cause !== undefined ? sentenceOf(cause) : message;
}

/** Enough of an answer to see what it says; a page of errors has more than anybody reads. */
const MAX_SHOWN = 2000;

/** The beginning of a long text. */
export function brief(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)} …`;
}
