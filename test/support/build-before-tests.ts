import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * Compiles the agent once before the tests, which start it as the container does: `node dist/main.js`. Bundles the
 * functions of the library, which constructs take their code from.
 */
export default function buildBeforeTests(): void {
  const root = join(__dirname, '..', '..');
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: join(root, 'agent-image'), stdio: 'inherit' });
  execFileSync(process.execPath, [join(root, 'lib', 'handlers', 'build.mjs')], { stdio: 'inherit' });
}
