import type { HttpEvent } from './http-event';
import { bodyOf, invalid } from './parameters';
import type { UserData } from './ports';

/** Longest settings, in bytes of JSON. */
const MAX_SETTINGS_BYTES = 16 * 1024;

/** What the application has kept for the user; an empty object before that. */
export async function getSettings(_event: HttpEvent, { rows }: UserData): Promise<unknown> {
  return JSON.parse((await rows.settings()) ?? '{}');
}

/** Takes the place of what was kept. */
export async function putSettings(event: HttpEvent, { rows }: UserData): Promise<unknown> {
  const settings = bodyOf(event);
  const json = JSON.stringify(settings);
  const bytes = Buffer.byteLength(json);
  if (bytes > MAX_SETTINGS_BYTES) throw invalid(`the settings have ${bytes} bytes, and ${MAX_SETTINGS_BYTES} are kept`);
  await rows.putSettings(json);
  return settings;
}
