import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../package.json';

const root = join(__dirname, '..');
const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');

/** What npm runs by itself, and `npm test`, which stands above the table. */
const RUN_BY_NPM = ['prepare', 'prepack', 'test', 'start'];

test('CONTRIBUTING.md names every script, and none that is not there', () => {
  const named = [...contributing.matchAll(/`npm run ([\w:-]+)/g)].map(([, name]) => name);
  const scripts = Object.keys(packageJson.scripts).filter((name) => !RUN_BY_NPM.includes(name));
  expect(named.sort()).toEqual(scripts.sort());
  expect(contributing).toContain('`npm start`');
  expect(contributing).toContain('npm test ');
});

test('CONTRIBUTING.md names every program of bin', () => {
  const programs = readdirSync(join(root, 'bin')).filter((name) => name.endsWith('.ts'));
  const [, row = ''] = /^\| `bin` +\| (.*)\|$/m.exec(contributing) ?? [];
  expect([...row.matchAll(/`([\w-]+\.ts)`/g)].map(([, name]) => name).sort()).toEqual(programs.sort());
});

test('CONTRIBUTING.md names every entry point of the package', () => {
  const entries = Object.keys(packageJson.exports).filter((path) => path !== './package.json');
  const named = [...contributing.matchAll(/`(cdk-agentcore-constructs(?:\/[\w-]+)?)`/g)].map(([, name]) => name);
  expect(named.sort()).toEqual(entries.map((path) => path.replace('.', packageJson.name)).sort());
});
