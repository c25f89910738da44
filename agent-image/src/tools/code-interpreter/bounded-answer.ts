import { pipeline, Readable, Transform } from 'node:stream';
import { InterpreterFault } from './interpreter-fault.ts';

/**
 * Most bytes that the answer to one call may have on the wire, where files are base64: room for the largest file that is
 * copied, and far more than the model can read.
 */
export const MAX_ANSWER_BYTES = 33_554_432;

const TOLD =
  'The answer of the code interpreter was longer than 32 MB, and was not read to its end. If it was code, it was ended, and the session of the code interpreter with it; the next call gets a new, empty one. Write long output to a file, and look at the parts that you need.';

/** An answer that did not end within {@link MAX_ANSWER_BYTES}. */
export class AnswerTooLong extends InterpreterFault {
  constructor() {
    super('INTERPRETER_UNREADABLE', `the answer is longer than ${MAX_ANSWER_BYTES} bytes`, TOLD);
  }
}

/** The same bytes, but the stream fails with {@link AnswerTooLong}, and lets go of its source, when they are too many. */
export function bounded(answer: Readable): Readable {
  let bytes = 0;
  const counter = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.byteLength;
      if (bytes > MAX_ANSWER_BYTES) done(new AnswerTooLong());
      else done(null, chunk);
    },
  });
  // Whoever reads the counter gets the error too.
  return pipeline(answer, counter, () => undefined);
}

/**
 * For the client of AWS, which holds an event until it is whole, however long that is: what it is given of a response is
 * bounded before it looks for events in it.
 */
export function boundResponse(response: unknown): void {
  if (typeof response !== 'object' || response === null || !('body' in response)) return;
  if (response.body instanceof Readable) response.body = bounded(response.body);
}
