import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scripts } from '../package.json';

const readme = readFileSync(join(__dirname, '..', 'README.md'), 'utf8');

test('the scripts that the README names exist', () => {
  const named = [...readme.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(2);
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});
