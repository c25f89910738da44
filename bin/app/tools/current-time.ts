import { z } from 'zod';
import { ToolError, toolHandler } from '../../../lib/gateway/tool-handler';

export const CURRENT_TIME_INPUT = z.object({
  time_zone: z.string().describe('A time zone of the IANA database, for example Europe/Berlin or UTC'),
});

/** The tool `get_current_time`: date and time in a time zone. */
export const handler = toolHandler({
  input: CURRENT_TIME_INPUT,
  handle: ({ time_zone }) => timeIn(time_zone, new Date()),
});

function timeIn(timeZone: string, now: Date): { time_zone: string; local_time: string; weekday: string; utc: string } {
  return {
    time_zone: timeZone,
    local_time: formatted(timeZone, now, { dateStyle: 'short', timeStyle: 'medium' }),
    weekday: formatted(timeZone, now, { weekday: 'long' }),
    utc: now.toISOString(),
  };
}

function formatted(timeZone: string, now: Date, style: Intl.DateTimeFormatOptions): string {
  try {
    // Swedish dates are those of ISO 8601; weekdays are for the model, in English.
    return new Intl.DateTimeFormat(style.weekday ? 'en' : 'sv', { ...style, timeZone }).format(now);
  } catch {
    throw new ToolError(`"${timeZone}" is no time zone; give one of the IANA database, such as Asia/Tokyo`);
  }
}
