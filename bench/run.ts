import { execFileSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { agentRows } from './agent-rows';
import { table } from './measure';
import { synthRows } from './synth';
import { missingForWorkspace, workspaceRows } from './workspace/workspace-rows';

const SESSIONS = 7;
const SYNTHESES = 5;
const DISKS = 3;

const PARTS = ['agent', 'synthesis', 'workspace'];

async function main(): Promise<void> {
  const [part, ...rest] = process.argv.slice(2);
  if (rest.length > 0 || (part !== undefined && !PARTS.includes(part))) {
    throw new Error(`Usage: npm run bench [-- ${PARTS.join(' | ')}]`);
  }
  const load = loadavg()[0]?.toFixed(1);
  const isAskedFor = (name: string): boolean => part === undefined || part === name;
  const agent = isAskedFor('agent') ? await measureAgent() : [];
  const synthesis = isAskedFor('synthesis') ? measureSynthesis() : [];
  const workspace = isAskedFor('workspace') ? await measureWorkspace(part !== undefined) : [];
  console.log(`Node ${process.version}, ${cpus().length} cores, load of the machine before: ${load}\n`);
  console.log(
    [agent, synthesis, workspace]
      .filter((rows) => rows.length > 0)
      .map(table)
      .join('\n\n'),
  );
}

async function measureAgent(): Promise<Awaited<ReturnType<typeof agentRows>>> {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: join(__dirname, '..', 'agent-image'), stdio: 'inherit' });
  console.error(`measuring ${SESSIONS} sessions of each server …`);
  return agentRows(SESSIONS);
}

function measureSynthesis(): ReturnType<typeof synthRows> {
  console.error(`measuring ${SYNTHESES} syntheses of each app …`);
  return synthRows(SYNTHESES);
}

/** @param isNeeded whether it is an error that the machine cannot do it */
async function measureWorkspace(isNeeded: boolean): Promise<Awaited<ReturnType<typeof workspaceRows>>> {
  const missing = missingForWorkspace();
  if (missing === undefined) {
    console.error(`measuring ${DISKS} fresh disks: this takes some minutes …`);
    return workspaceRows(DISKS);
  }
  const message = `the workspace cannot be measured: ${missing}`;
  if (isNeeded) {
    throw new Error(message);
  }
  console.error(message);
  return [];
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
