import type { Interrupt } from '../protocol.ts';
import type { RowStatus, SessionChange } from './row-update.ts';

/** How a run ended, as far as lists tell of it. */
export interface RunOutcome {
  readonly status: 'success' | 'interrupted' | 'cancelled' | 'error';
  readonly interrupts?: readonly Interrupt[];
  readonly error?: { readonly message: string };
}

/** The part of a run that its row follows. */
export interface FollowedRun {
  readonly finished: Promise<RunOutcome>;
  readonly content: { readonly content: { readonly response: string } };
}

const STATUS: Readonly<Record<RunOutcome['status'], RowStatus>> = {
  success: 'idle',
  cancelled: 'idle',
  interrupted: 'waiting',
  error: 'error',
};

/** @param response what the agent said in the run; may be empty */
export function rowOfRun({ status, interrupts = [], error }: RunOutcome, response: string): SessionChange {
  const [question] = interrupts;
  const lastText = question?.message ?? error?.message ?? response;
  return { status: STATUS[status], lastText, pendingInterrupts: interrupts.length };
}
