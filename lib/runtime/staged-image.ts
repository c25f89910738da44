import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FileSystem, IgnoreMode } from 'aws-cdk-lib';
import type { AgentDefinition } from '../agent/agent-definition';

/** The sources of the image of this library, as they are published. */
const SOURCES = ['.dockerignore', 'Dockerfile', 'package.json', 'package-lock.json', 'tsconfig.json', 'src'];

/**
 * Makes a build context of the sources of the image and a definition, and returns its absolute path.
 *
 * It lies in the output of the app, under a name that changes with its content: the agents of one app share it, and what
 * an earlier synthesis left there is either the same or unused.
 */
export function stageImage(source: string, definition: AgentDefinition, output: string): string {
  const sourceHash = FileSystem.fingerprint(source, {
    ignoreMode: IgnoreMode.DOCKER,
    exclude: ['*', ...SOURCES.map((name) => `!${name}`)],
  });
  const staged = resolve(output, `agent-image.${sourceHash.slice(0, 16)}${definition.hash.slice(0, 16)}`);
  if (existsSync(staged)) return staged;

  // Under its name only when it is complete, so that a broken synthesis leaves nothing that looks right.
  mkdirSync(output, { recursive: true });
  const directory = mkdtempSync(join(output, '.agent-image-'));
  for (const name of SOURCES) cpSync(join(source, name), join(directory, name), { recursive: true });
  definition.writeTo(join(directory, 'definition'));
  // Without a container the agent runs from here, on the packages that are installed already. No part of the image.
  const packages = join(source, 'node_modules');
  if (existsSync(packages)) symlinkSync(packages, join(directory, 'node_modules'), 'junction');
  renameSync(directory, staged);
  return staged;
}
