import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Compiles the agent once before the tests, which start it as the container does: `node dist/main.js`. */
export default function buildAgentImage(): void {
  const directory = join(__dirname, '..', '..', 'agent-image');
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: directory, stdio: 'inherit' });
}
