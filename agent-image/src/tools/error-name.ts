/** The name alone: the message of an unknown error may repeat what was sent or received. */
export function errorName(error: unknown): string {
  const name = typeof error === 'object' && error !== null && 'name' in error ? error.name : undefined;
  return typeof name === 'string' ? name : 'an unknown error';
}

/** Whether `signal` was aborted because time was over, and not because somebody cancelled. */
export function isTimeout(signal: AbortSignal): boolean {
  return signal.aborted && errorName(signal.reason) === 'TimeoutError';
}
