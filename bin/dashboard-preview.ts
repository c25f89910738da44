import { dirname, join } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type PreviewOptions, readArguments, USAGE, UsageError } from './dashboard-preview/arguments';
import { takePicture } from './dashboard-preview/chromium';
import { holdExampleTalk } from './dashboard-preview/example-talk';
import { previewPage } from './dashboard-preview/page';
import { PreviewError, readPreviewedApp } from './dashboard-preview/sources';
import { readWrittenLog } from './dashboard-preview/written-log';

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

async function main(): Promise<void> {
  const options = readArguments(process.argv.slice(2), process.cwd());
  if (options === undefined) {
    say(USAGE);
    return;
  }
  const { assembly, logs, since } = options.example ? await example(options) : options;
  const app = readPreviewedApp(assembly);
  const page = previewPage(app, readWrittenLog(logs, app, since ?? app.synthesizedAt));
  mkdirSync(dirname(options.output), { recursive: true });
  writeFileSync(options.output, page.html);
  say(
    `${options.output}: ${page.ownGraphsWithData} of ${page.ownGraphs} graphs of what agents report have data; ${page.serviceGraphs} more are of AWS services, which report nothing from this machine`,
  );
  const picture = await takePicture(options.output, page.height, process.env);
  say(picture ?? 'no picture: there is no Chromium; set CHROMIUM to the program, or open the page in any browser');
}

async function example(options: PreviewOptions): Promise<PreviewOptions> {
  const directory = process.cwd();
  return { ...options, ...(await holdExampleTalk({ directory, state: join(directory, '.local', 'example'), say })) };
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof UsageError) process.stderr.write(`\n${USAGE}\n`);
  process.exitCode = error instanceof UsageError || error instanceof PreviewError ? 2 : 1;
});
