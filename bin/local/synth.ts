import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Reaper } from './reaper';
import { runStep } from './step';

export interface SynthOptions {
  /** Where cdk.json lies; the app runs there. */
  readonly directory: string;
  /** Where the assembly is written; emptied first. */
  readonly output: string;
  /** What the app sees as its account and Region, in place of those of the caller's credentials. */
  readonly account: string;
  readonly region: string;
}

/**
 * Runs the app of cdk.json as the CDK command line would, but with assets left where they are, so that an agent can be
 * started from its own directory.
 *
 * @returns what the app wrote to its output
 * @throws Error with the app's own message when it fails
 */
export async function synthesize(options: SynthOptions, reaper: Reaper): Promise<string> {
  const { app, context } = readCdkJson(options.directory);
  rmSync(options.output, { recursive: true, force: true });
  mkdirSync(options.output, { recursive: true });

  const step = {
    program: app,
    args: [],
    shell: true,
    cwd: options.directory,
    env: {
      ...process.env,
      PATH: nodePath(options.directory),
      CDK_OUTDIR: options.output,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, 'aws:cdk:disable-asset-staging': true }),
      CDK_DEFAULT_ACCOUNT: options.account,
      CDK_DEFAULT_REGION: options.region,
      // The validation belongs to `npm run synth`; here it would more than double the wait.
      CDK_VALIDATION: 'false',
    },
  };
  const { code, output } = await runStep(step, reaper);
  if (code !== 0) throw new Error(`the app of cdk.json (${app}) could not be synthesized:\n${appMessage(output)}`);
  if (!existsSync(join(options.output, 'manifest.json'))) {
    throw new Error(
      `the app of cdk.json (${app}) ended without writing a cloud assembly; does it create an App and synthesize it?`,
    );
  }
  return output;
}

/** PATH with this very Node and the project's own programs first. */
export function nodePath(directory: string): string {
  const bins = join(directory, 'node_modules', '.bin');
  return [dirname(process.execPath), bins, process.env.PATH ?? ''].join(delimiter);
}

function readCdkJson(directory: string): { app: string; context: Readonly<Record<string, unknown>> } {
  const file = join(directory, 'cdk.json');
  if (!existsSync(file)) {
    throw new Error(`there is no cdk.json in ${directory}; start the local run in the folder of a CDK app`);
  }
  const cdk = parse(file) as { app?: unknown; context?: Readonly<Record<string, unknown>> };
  if (typeof cdk.app !== 'string' || cdk.app === '') {
    throw new Error(`"app" in ${file} is ${JSON.stringify(cdk.app)}; expected the command that synthesizes the app`);
  }
  const lookups = join(directory, 'cdk.context.json');
  const found = existsSync(lookups) ? (parse(lookups) as Readonly<Record<string, unknown>>) : {};
  return { app: cdk.app, context: { ...found, ...cdk.context } };
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** What a person needs of an uncaught error: its message, without source excerpt and stack. */
function appMessage(output: string): string {
  const lines = output.split('\n');
  const first = lines.findIndex((line) => /^(Uncaught )?[\w.]*(Error|Exception)\b.*/.test(line));
  const rest = first === -1 ? lines : lines.slice(first);
  const end = first === -1 ? -1 : rest.findIndex((line) => /^\s+at /.test(line));
  return (end === -1 ? rest : rest.slice(0, end))
    .filter((line) => !/^\s+at /.test(line) && !/^Node\.js v/.test(line))
    .join('\n')
    .trim();
}
