import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { LocalRunOptions } from './local-run';
import { MODEL_CHOICES, type ModelChoice } from './model-choice';

export const USAGE = `Runs the CDK app of this folder on this machine: no AWS account, no Docker.

usage: npm start -- [options]

  --runtime <name>   the runtime that POST /invocations calls (default: the first of the app)
  --model <model>    ${MODEL_CHOICES.join(' or ')} (default: scripted); bedrock needs AWS credentials, provider (the
                     Anthropic API or the endpoint that the app names) needs its key in secrets.json; both
                     cost money, and without credentials or key the scripted model answers
  --state <folder>   where sessions, logs, up.json and your secrets.json are kept (default: .local)
  --unsandboxed-code run code that the model writes although there is no sandbox (bubblewrap): with all that you may
                     do on this machine, your files and your network included
  --help             this text

environment:
  PORT               where to serve, on 127.0.0.1 (default: 8080; 0 takes a free one)
  LOCAL_MODEL        the same as --model
  AWS_REGION         the Region of stacks that name none (default: us-east-1)`;

/** A mistake in how the command was written. */
export class UsageError extends Error {}

/**
 * Reads the command line and the environment; undefined when only the usage is asked for.
 *
 * @param directory folder that the command was started in
 * @throws UsageError naming the argument or variable, its value and what is allowed
 */
export function readArguments(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  directory: string,
): Omit<LocalRunOptions, 'log'> | undefined {
  const flags = readFlags(args);
  if (flags.help === true) return undefined;
  const { LOCAL_MODEL, PORT = '8080', AWS_REGION, AWS_DEFAULT_REGION } = environment;
  const port = Number(PORT);
  if (!/^\d+$/.test(PORT) || port > 65_535) {
    throw new UsageError(`PORT is "${PORT}"; expected a number from 0 to 65535`);
  }
  const region = AWS_REGION ?? AWS_DEFAULT_REGION ?? 'us-east-1';
  if (!/^[a-z]{2}(-[a-z]+)+-\d+$/.test(region)) {
    throw new UsageError(`AWS_REGION is "${region}"; expected a Region such as us-east-1`);
  }
  return {
    directory,
    state: resolve(directory, flags.state ?? '.local'),
    port,
    region,
    model: modelChoice(flags.model ?? LOCAL_MODEL ?? 'scripted'),
    ...(flags['unsandboxed-code'] === true ? { unsandboxedCode: true } : {}),
    ...(flags.runtime === undefined ? {} : { runtime: flags.runtime }),
  };
}

interface Flags {
  readonly help?: boolean;
  readonly 'unsandboxed-code'?: boolean;
  readonly model?: string;
  readonly runtime?: string;
  readonly state?: string;
}

function readFlags(args: readonly string[]): Flags {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean' },
        'unsandboxed-code': { type: 'boolean' },
        model: text,
        runtime: text,
        state: text,
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function modelChoice(text: string): ModelChoice {
  const choice = MODEL_CHOICES.find((one) => one === text);
  if (choice === undefined) throw new UsageError(`the model is "${text}"; expected ${MODEL_CHOICES.join(' or ')}`);
  return choice;
}
