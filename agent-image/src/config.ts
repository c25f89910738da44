import { accessSync, constants, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** How this container is to run; read once, at start. */
export interface AgentConfig {
  /** Address to listen on; every address by default, as AgentCore needs it. */
  readonly host: string;
  /** Port to listen on; 8080 by default, as AgentCore needs it. 0 takes a free one. */
  readonly port: number;
  readonly region: string;
  readonly models: AgentModels;
  readonly home: string;
  /** Where the SDK keeps transcripts. */
  readonly configDirectory: string;
  /** Working directory of the agent. */
  readonly workspaceDirectory: string;
  /** Where the definition is, when it is not beside the program. */
  readonly definitionDirectory?: string;
}

/** Inference profile ids, model ids or ARNs. */
export interface AgentModels {
  readonly main: string;
  /** Small background calls. */
  readonly fast: string;
  readonly subagent: string;
}

/** The environment is wrong; the message names the variable and says what is allowed. */
export class ConfigError extends Error {}

const PROFILE_OR_MODEL_ID = /^([a-z]{2,10}(-[a-z]{2,10})?\.)?anthropic\.[A-Za-z0-9][A-Za-z0-9.:_-]*$/;
const BEDROCK_ARN = /^arn:aws[a-z-]*:bedrock:[a-z0-9-]+:(\d{12})?:[a-z-]+\/[A-Za-z0-9.:_/-]+$/;

/**
 * Reads the environment.
 *
 * @throws ConfigError naming the first variable that is missing or wrong
 */
export function readConfig(env: NodeJS.ProcessEnv): AgentConfig {
  const main = model(env, 'AGENT_MODEL_MAIN');
  if (main === undefined) {
    throw new ConfigError(`AGENT_MODEL_MAIN is not set: ${MODEL_RULE}.`);
  }
  const home = directory(env, 'HOME');
  if (home === undefined) {
    throw new ConfigError('HOME is not set: give the absolute path of a directory that the agent may write to.');
  }
  const definitionDirectory = directory(env, 'AGENT_DEFINITION_DIR');
  return {
    host: optional(env, 'HOST') ?? '0.0.0.0',
    port: port(env),
    region: region(env),
    models: {
      main,
      fast: model(env, 'AGENT_MODEL_FAST') ?? main,
      subagent: model(env, 'AGENT_MODEL_SUBAGENT') ?? main,
    },
    home,
    configDirectory: directory(env, 'CLAUDE_CONFIG_DIR') ?? join(home, '.claude'),
    workspaceDirectory: directory(env, 'AGENT_WORKSPACE_DIR') ?? join(home, 'workspace'),
    ...(definitionDirectory === undefined ? {} : { definitionDirectory }),
  };
}

/**
 * Makes the agent's directories and writes to each once: with an unwritable configuration directory the SDK answers
 * as usual and keeps nothing, and a missing working directory fails with a misleading message.
 *
 * @throws ConfigError naming the variable, the path and the system's reason
 */
export function prepareDirectories(config: AgentConfig): void {
  const directories = { CLAUDE_CONFIG_DIR: config.configDirectory, AGENT_WORKSPACE_DIR: config.workspaceDirectory };
  for (const [variable, path] of Object.entries(directories)) {
    const probe = join(path, `.write-test-${process.pid}`);
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      accessSync(path, constants.R_OK | constants.X_OK);
      writeFileSync(probe, '');
      rmSync(probe);
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new ConfigError(
        `The agent cannot write to ${path} (${reason}): set ${variable} to a directory that this user may write to.`,
      );
    }
  }
}

const MODEL_RULE =
  'give an inference profile id such as global.anthropic.claude-sonnet-5-5, a model id such as anthropic.claude-sonnet-5-5, or a Bedrock ARN';

function model(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = optional(env, name);
  if (value !== undefined && !PROFILE_OR_MODEL_ID.test(value) && !BEDROCK_ARN.test(value)) {
    throw new ConfigError(`${name} is ${quoted(value)}: ${MODEL_RULE}.`);
  }
  return value;
}

function region(env: NodeJS.ProcessEnv): string {
  const value = optional(env, 'AWS_REGION');
  if (value === undefined) {
    throw new ConfigError('AWS_REGION is not set: give the Region whose Bedrock is called, for example eu-west-1.');
  }
  if (!/^[a-z]{2,5}(-[a-z]+)+-\d+$/.test(value)) {
    throw new ConfigError(`AWS_REGION is ${quoted(value)}: give a Region such as eu-west-1.`);
  }
  return value;
}

function port(env: NodeJS.ProcessEnv): number {
  const value = optional(env, 'PORT') ?? '8080';
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535) {
    throw new ConfigError(`PORT is ${quoted(value)}: give a number from 0 (any free port) to 65535.`);
  }
  return Number(value);
}

function directory(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = optional(env, name);
  if (value !== undefined && !isAbsolute(value)) {
    throw new ConfigError(`${name} is ${quoted(value)}: give an absolute path.`);
  }
  return value;
}

/** A variable that is set to nothing counts as not set. */
function optional(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}

function quoted(value: string): string {
  return JSON.stringify(value.length > 200 ? `${value.slice(0, 200)}…` : value);
}
