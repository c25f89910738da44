import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize, sep } from 'node:path';
import packageJson from '../package.json';

const root = join(__dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));

/** In the package whatever `files` says; npm adds the first three by itself. */
const SHIPPED = ['README.md', 'LICENSE', 'package.json', ...packageJson.files];

/** The files that a page links to, from the root. */
function linked(page: string): string[] {
  const links = [...read(page).matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, link = '']) => link);
  return links.map((link) => normalize(join(page, '..', link)).replaceAll(sep, '/'));
}

test('links of the shipped pages lead to files that are shipped', () => {
  const pages = ['README.md', 'CHANGELOG.md', ...docs.map((name) => `docs/${name}`)];
  const targets = pages.flatMap((page) => linked(page).map((target) => ({ page, target })));
  expect(targets.length).toBeGreaterThan(50);
  expect(
    targets.filter(
      ({ target }) =>
        !existsSync(join(root, target)) ||
        !SHIPPED.some((shipped) => target === shipped || target.startsWith(`${shipped}/`)),
    ),
  ).toEqual([]);
});

test('the README links every page of docs, and those for who works on the repository', () => {
  const targets = linked('README.md');
  const pages = [...docs.map((name) => `docs/${name}`), 'CONTRIBUTING.md', 'CHANGELOG.md'];
  expect(pages.length).toBeGreaterThan(20);
  expect(pages.filter((page) => !targets.includes(page))).toEqual([]);
});

test('the README installs the package as it is called, with its peers', () => {
  const readme = read('README.md');
  const { name, version, peerDependencies } = packageJson;
  expect(readme).toContain(`${name}-${version}.tgz`);
  for (const peer of Object.keys(peerDependencies)) expect(readme).toMatch(new RegExp(`npm install[^\n]* ${peer}\\b`));
});
