import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PROGRAMS = [
  ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  ...['chrome-headless-shell', 'chromium-headless-shell'],
];

const WIDTH = 1600;

/** How long a browser may take, in milliseconds. */
const TIMEOUT = 60_000;

/**
 * Makes a picture of a page, beside it.
 *
 * @param page absolute path of an HTML file
 * @param height of the page, in pixels
 * @returns the path of the picture; undefined where there is no Chromium
 * @throws Error when CHROMIUM names no program, or the browser makes no picture
 */
export async function takePicture(
  page: string,
  height: number,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const program = findChromium(environment);
  if (program === undefined) return undefined;
  const picture = page.replace(/\.html?$/, '.png');
  const args = [
    ...['--headless', '--disable-gpu', '--hide-scrollbars', `--window-size=${WIDTH},${height}`],
    // Chromium's sandbox refuses to work for root, and the page is our own.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ...[`--screenshot=${picture}`, pathToFileURL(page).href],
  ];
  await run(program, args, { timeout: TIMEOUT });
  if (!existsSync(picture)) throw new Error(`${program} ended without making ${picture}; open ${page} in a browser`);
  return picture;
}

function findChromium({ CHROMIUM, PATH = '' }: Readonly<Record<string, string | undefined>>): string | undefined {
  if (CHROMIUM !== undefined && CHROMIUM !== '') {
    if (!isProgram(CHROMIUM))
      throw new Error(`CHROMIUM is "${CHROMIUM}", which is no program; give its path, or unset it`);
    return CHROMIUM;
  }
  return PATH.split(delimiter)
    .flatMap((folder) => PROGRAMS.map((name) => join(folder, name)))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
