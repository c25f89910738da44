// Bundles every lib/handlers/<name>/handler.ts with what it imports, the AWS SDK included, so that who installs the
// library needs no bundler. It takes a fraction of a second, so whatever needs the bundles runs it first, and they are
// never older than their sources.
//
//   node lib/handlers/build.mjs [<directory>]     writes <directory>/<name>/index.js; lib/handlers/bundles by default
import { Buffer } from 'node:buffer';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { licenseComment } from './licenses.mjs';

const sources = import.meta.dirname;
const root = resolve(sources, '..', '..');
const bundles = resolve(process.argv[2] ?? join(sources, 'bundles'));

const names = readdirSync(sources).filter((name) => existsSync(join(sources, name, 'handler.ts')));
for (const name of existsSync(bundles) ? readdirSync(bundles) : []) {
  if (!names.includes(name)) rmSync(join(bundles, name), { recursive: true, force: true });
}
if (names.length > 0) {
  const { outputFiles, metafile } = await build({
    entryPoints: Object.fromEntries(names.map((name) => [`${name}/index`, join(sources, name, 'handler.ts')])),
    // Bundles name their sources: the names do not depend on where the build was started.
    absWorkingDir: root,
    outdir: bundles,
    bundle: true,
    metafile: true,
    write: false,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    // ES modules of the AWS SDK: what is not used of them is left out.
    mainFields: ['module', 'main'],
    logLevel: 'warning',
  });
  const inputs = new Map(
    Object.entries(metafile.outputs).map(([path, output]) => [resolve(root, path), output.inputs]),
  );
  for (const { path, text } of outputFiles) {
    replace(path, Buffer.from(text + licenseComment(Object.keys(inputs.get(path) ?? {}), root)));
  }
}

/** Several processes may build at once: each sees the file before or after, never a part, and an equal one stays. */
function replace(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, path);
}
