import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { soak } from './soak';

const agentImage = join(__dirname, '..', '..', 'agent-image');

async function main(): Promise<void> {
  const seed = numberOf('SOAK_SEED', Math.floor(Math.random() * 2 ** 32));
  const sessions = numberOf('SOAK_SESSIONS', 20);
  const turns = numberOf('SOAK_TURNS', 500);
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: agentImage, stdio: 'inherit' });
  console.log(`soak of ${turns} turns in ${sessions} sessions at once, SOAK_SEED=${seed}`);
  const begun = performance.now();
  const { problems, ...summary } = await soak({
    ...{ seed, sessions, turns },
    onProgress: (done) => {
      if (done % 25 === 0) console.log(`  ${done} turns, ${seconds(begun)} s`);
    },
  });
  console.log(JSON.stringify({ ...summary, seconds: seconds(begun) }, null, 2));
  console.log(problems.length === 0 ? 'The server held.' : `It did not hold:\n  ${problems.join('\n  ')}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

/** A whole number from the environment. */
function numberOf(name: string, otherwise: number): number {
  const text = process.env[name] ?? '';
  if (text !== '' && !/^\d{1,10}$/.test(text)) {
    throw new Error(`${name} is "${text}": set it to a whole number, or not at all.`);
  }
  return text === '' ? otherwise : Number(text);
}

function seconds(begun: number): number {
  return Math.round((performance.now() - begun) / 1000);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
