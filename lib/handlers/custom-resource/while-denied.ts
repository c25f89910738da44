/** Pauses before further attempts, in milliseconds: a minute in all, longer than AWS says that a new policy needs. */
const PAUSES = [2_000, 4_000, 8_000, 16_000, 30_000];

/**
 * Does `act`, and again while AWS denies access: a policy that was made a moment ago does not count everywhere yet.
 *
 * @param pause waits for so many milliseconds
 * @throws what `act` throws: any other error at once, a denial after a minute
 */
export async function whileDenied<T>(act: () => Promise<T>, pause: (ms: number) => Promise<unknown>): Promise<T> {
  for (const ms of PAUSES) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'AccessDeniedException') throw error;
      await pause(ms);
    }
  }
  return act();
}
