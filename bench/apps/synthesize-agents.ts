import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';

/** Synthesizes an app with as many agents as the first argument says, 10 in a stack, and prints the milliseconds. */
export function synthesizeAgents(define: (stack: Stack, id: string) => void): void {
  const count = Number(process.argv[2]);
  const outdir = mkdtempSync(join(tmpdir(), 'bench-synth-'));
  const begun = performance.now();
  const app = new App({ outdir });
  for (let first = 0; first < count; first += 10) {
    const stack = new Stack(app, `Agents${first}`);
    for (let index = first; index < Math.min(first + 10, count); index++) define(stack, `Agent${index}`);
  }
  app.synth();
  console.log(performance.now() - begun);
  rmSync(outdir, { recursive: true });
}
