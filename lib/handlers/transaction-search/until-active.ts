import type { SpanSettings } from './span-settings';

/** Four minutes in all. AWS X-Ray may need ten, which is longer than a deployment should stand still. */
const PAUSES = 24;
const PAUSE_MS = 10_000;

/**
 * Waits until the destination of spans has taken effect.
 *
 * @param pause waits for so many milliseconds
 * @returns whether it has; false after four minutes
 */
export async function untilActive(
  settings: Pick<SpanSettings, 'destination'>,
  pause: (ms: number) => Promise<unknown>,
): Promise<boolean> {
  for (let pauses = 0; pauses < PAUSES; pauses += 1) {
    if ((await settings.destination()).isActive) return true;
    await pause(PAUSE_MS);
  }
  return (await settings.destination()).isActive;
}
