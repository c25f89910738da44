import { RunTranslator } from '../../../agent-image/src/events';
import type { ContentEvent } from '../../../agent-image/src/protocol';
import { interruptOf } from './questions';

export type SdkMessage = Parameters<RunTranslator['translate']>[0];

/** One turn as the SDK told it, in the runs that questions cut it into. */
export interface RecordedTurn {
  readonly runs: readonly (readonly SdkMessage[])[];
  /** The tool call that was asked about at the end of each run but the last. */
  readonly asked: readonly string[];
}

/** A turn, and the events of each of its runs. */
export interface GoldenTurn extends RecordedTurn {
  readonly events: readonly (readonly ContentEvent[])[];
}

/** Translates a turn as a session does, run by run. */
export function translateTurn({ runs, asked }: RecordedTurn): ContentEvent[][] {
  const translator = new RunTranslator();
  return runs.map((messages, index) => {
    const events = index === 0 ? [] : translator.proceed();
    events.push(...messages.flatMap((message) => translator.translate(message)));
    const question = asked[index];
    const result = messages.find((message) => message.type === 'result');
    const end = question === undefined ? translator.end(result?.is_error === false) : undefined;
    return [...events, ...(end ?? translator.suspend([interruptOf(question ?? '')]))];
  });
}
