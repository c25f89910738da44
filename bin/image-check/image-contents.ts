import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Commands } from './commands';

const APP = 'app';
const APP_ENTRIES = ['dist', 'node_modules', 'package.json'];
/** What the base image has for the build, and nothing that runs needs. */
const BUILD_TOOLS = ['npm', 'npx', 'corepack', 'yarn'];
const PROGRAM_DIRECTORIES = ['usr/local/bin', 'usr/bin', 'bin'];

/** Largest image that AgentCore Runtime accepts, in bytes (service quota "Docker image size"). */
const MAX_IMAGE_BYTES = 2 * 1024 ** 3;

/**
 * Everything in the image that should not be there, or is missing; empty when it is right.
 *
 * @param fileSystem root of the image's files
 * @param imageDirectory the build context, whose lock file says which packages are for development only
 */
export function contentFindings(fileSystem: string, imageDirectory: string): string[] {
  const lockFile = readFileSync(join(imageDirectory, 'package-lock.json'), 'utf8');
  const entries = readdirSync(join(fileSystem, APP)).sort();
  const findings: string[] = [];
  if (entries.join() !== APP_ENTRIES.join()) {
    findings.push(`/app holds ${entries.join(', ')} instead of ${APP_ENTRIES.join(', ')}`);
  }
  const development = developmentPackages(lockFile).filter((path) => existsSync(join(fileSystem, APP, path)));
  if (development.length > 0) findings.push(`it holds packages for development: ${development.join(', ')}`);
  const tools = BUILD_TOOLS.filter((tool) =>
    PROGRAM_DIRECTORIES.some((directory) => existsSync(join(fileSystem, directory, tool))),
  );
  if (tools.length > 0) findings.push(`it holds tools of the build: ${tools.join(', ')}`);
  return findings;
}

/** Size of all files in bytes, uncompressed. */
export async function fileBytes(fileSystem: string, commands: Commands): Promise<number> {
  const [bytes = ''] = (await commands.run('du', ['--summarize', '--bytes', fileSystem])).split(/\s/);
  return Number(bytes);
}

/** The finding that an image of `bytes` is too large for AgentCore Runtime, or nothing. */
export function sizeFindings(bytes: number): string[] {
  return bytes > MAX_IMAGE_BYTES
    ? [`it is ${megabytes(bytes)}: AgentCore Runtime accepts ${megabytes(MAX_IMAGE_BYTES)} at most`]
    : [];
}

/** `bytes` for people. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

/** Paths (`node_modules/…`) that a lock file of version 3 marks as needed for development only. */
export function developmentPackages(lockFile: string): string[] {
  const { packages = {} } = JSON.parse(lockFile) as { packages?: Record<string, { readonly dev?: boolean }> };
  return Object.entries(packages)
    .filter(([, entry]) => entry.dev === true)
    .map(([path]) => path);
}
