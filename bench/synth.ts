import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { installPeer } from './install-peer';
import type { Row } from './measure';

const APPS = join(__dirname, 'apps');
const AGENTCORE_CDK = join(__dirname, 'peers', 'agentcore-cdk');

const PEERS = [
  { peer: 'bare L2 `Runtime` of aws-cdk-lib', app: join(APPS, 'l2.ts') },
  { peer: '`AgentCoreRuntime` of @aws/agentcore-cdk', app: join(AGENTCORE_CDK, 'app.mjs') },
];

/** Apps with agents, synthesized in processes of their own: ours against each peer, validation off and on. */
export function synthRows(runs: number): Row[] {
  installPeer(AGENTCORE_CDK);
  return [false, true].flatMap((validated) =>
    [10, 50].flatMap((agents) => {
      const ours: number[] = [];
      const theirs = PEERS.map((): number[] => []);
      for (let run = 0; run < runs; run++) {
        ours.push(synthesize(join(APPS, 'ours.ts'), agents, validated));
        PEERS.forEach(({ app }, index) => theirs[index]?.push(synthesize(app, agents, validated)));
      }
      return PEERS.map(({ peer }, index) => ({
        what: `synthesis of ${agents} agents, ${validated ? 'validated' : 'not validated'}`,
        unit: 'ms',
        peer,
        ours,
        theirs: theirs[index] ?? [],
      }));
    }),
  );
}

function synthesize(app: string, agents: number, validated: boolean): number {
  const output = execFileSync(process.execPath, ['--import', 'tsx', app, String(agents)], {
    env: { ...process.env, CDK_VALIDATION: validated ? 'true' : 'false' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return Number(output.toString());
}
