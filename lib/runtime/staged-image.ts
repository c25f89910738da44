import { cpSync, existsSync, mkdtempSync, readdirSync, renameSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FileSystem } from 'aws-cdk-lib';
import type { AgentDefinition } from '../agent/agent-definition';

/** What lies beside the sources where the image was built or run before. */
const NO_SOURCE = ['node_modules', 'dist'];

/**
 * Makes a build context of the sources of the image and a definition, and returns its absolute path.
 *
 * It lies in the output of the app, under a name that changes with its content: agents of one app share it, and what an
 * earlier synthesis left there is either the same or unused.
 */
export function stageImage(source: string, definition: AgentDefinition, output: string): string {
  const fingerprint = FileSystem.fingerprint(source, { exclude: NO_SOURCE }).slice(0, 16);
  const staged = resolve(output, `agent-image.${fingerprint}${definition.hash.slice(0, 16)}`);
  if (existsSync(staged)) return staged;

  // Under its name only when it is complete, so that a broken synthesis leaves nothing that looks right.
  const directory = mkdtempSync(join(output, '.agent-image-'));
  for (const name of readdirSync(source).filter((entry) => !NO_SOURCE.includes(entry))) {
    cpSync(join(source, name), join(directory, name), { recursive: true });
  }
  definition.writeTo(join(directory, 'definition'));
  // Without a container the agent runs from here, with the packages that are installed already. No part of the image.
  const packages = join(source, 'node_modules');
  if (existsSync(packages)) symlinkSync(packages, join(directory, 'node_modules'), 'junction');
  renameSync(directory, staged);
  return staged;
}
