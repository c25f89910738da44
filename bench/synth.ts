import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Row } from './measure';

/** Apps with agents, synthesized in processes of their own: ours against the bare L2, validation off and on. */
export function synthRows(runs: number): Row[] {
  return [
    { agents: 10, validated: false },
    { agents: 50, validated: false },
    { agents: 50, validated: true },
  ].map(({ agents, validated }) => {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let run = 0; run < runs; run++) {
      ours.push(synthesize('ours', agents, validated));
      theirs.push(synthesize('l2', agents, validated));
    }
    return {
      what: `synthesis of ${agents} agents, ${validated ? 'validated' : 'not validated'}`,
      unit: 'ms',
      peer: 'bare L2 `Runtime` of aws-cdk-lib',
      ours,
      theirs,
    };
  });
}

function synthesize(app: string, agents: number, validated: boolean): number {
  const output = execFileSync(
    process.execPath,
    ['--import', 'tsx', join(__dirname, 'apps', `${app}.ts`), String(agents)],
    { env: { ...process.env, CDK_VALIDATION: validated ? 'true' : 'false' }, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return Number(output.toString());
}
