import { dirname } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readArguments, USAGE, UsageError } from './dashboard-preview/arguments';
import { takePicture } from './dashboard-preview/chromium';
import { previewPage } from './dashboard-preview/page';
import { PreviewError, readLogs, readPreviewedApp } from './dashboard-preview/sources';

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

async function main(): Promise<void> {
  const options = readArguments(process.argv.slice(2), process.cwd());
  if (options === undefined) {
    say(USAGE);
    return;
  }
  const app = readPreviewedApp(options.assembly);
  const page = previewPage(app, readLogs(options.logs, app));
  mkdirSync(dirname(options.output), { recursive: true });
  writeFileSync(options.output, page.html);
  say(`${options.output}: ${page.graphsWithData} of ${page.graphs} graphs have data; the others are of AWS services`);
  const picture = await takePicture(options.output, page.height, process.env);
  say(picture ?? 'no picture: there is no Chromium; set CHROMIUM to the program, or open the page in any browser');
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof UsageError) process.stderr.write(`\n${USAGE}\n`);
  process.exitCode = error instanceof UsageError || error instanceof PreviewError ? 2 : 1;
});
