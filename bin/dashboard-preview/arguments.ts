import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const USAGE = `Draws the dashboards and alarms of a synthesized app with the metrics that agents wrote on this machine.

usage: npm run dashboard:preview -- [options]

  --assembly <folder>  what \`cdk synth\` or \`npm start\` wrote (default: .local/cdk.out)
  --logs <path>        a log of an agent, or a folder of them (default: .local/logs)
  --since <time>       when the lines begin that are drawn, as 2026-11-21T09:30:00Z (default: when the app was
                       synthesized, with which each \`npm start\` begins)
  --example            first hold a scripted talk with the sample of this repository, and draw that; of the other
                       options, only --output is taken
  --output <file>      the page; with a Chromium on this machine, a picture beside it (default: .local/dashboard.html)
  --help               this text

environment:
  CHROMIUM             the program that makes the picture (default: the first of chromium, google-chrome … on the PATH)

Run \`npm start\` first and talk to the agent: both the assembly and the logs are then where they are looked for.`;

/** A mistake in how the command was written. */
export class UsageError extends Error {}

export interface PreviewOptions {
  /** Absolute paths. */
  readonly assembly: string;
  readonly logs: string;
  readonly output: string;
  /** In milliseconds of Unix time. @default - when the app was synthesized */
  readonly since?: number;
  /** Whether a talk is held first, which is then what is drawn. */
  readonly example: boolean;
}

/**
 * Reads the command line; undefined when only the usage is asked for.
 *
 * @param directory folder that the command was started in
 * @throws UsageError naming the argument
 */
export function readArguments(args: readonly string[], directory: string): PreviewOptions | undefined {
  const flags = readFlags(args);
  if (flags.help === true) return undefined;
  const output = flags.output ?? '.local/dashboard.html';
  if (!/\.html?$/.test(output)) throw new UsageError(`--output is "${output}"; expected a file that ends in .html`);
  const { assembly, logs, since, example = false } = flags;
  if (example && (assembly ?? logs ?? since) !== undefined) {
    throw new UsageError('--example makes its own assembly and logs; leave --assembly, --logs and --since out');
  }
  return {
    assembly: resolve(directory, assembly ?? '.local/cdk.out'),
    logs: resolve(directory, logs ?? '.local/logs'),
    output: resolve(directory, output),
    example,
    ...(since === undefined ? {} : { since: timeOf(since) }),
  };
}

function timeOf(since: string): number {
  const time = /^\d{4}-\d\d-\d\dT/.test(since) ? Date.parse(since) : NaN;
  if (Number.isNaN(time)) throw new UsageError(`--since is "${since}"; expected a time such as 2026-11-21T09:30:00Z`);
  return time;
}

function readFlags(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const flag = { type: 'boolean' } as const;
    const options = { assembly: text, logs: text, output: text, since: text, example: flag, help: flag } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
