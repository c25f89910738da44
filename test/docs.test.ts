import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

function sources(folder: string): string {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => read(join(folder, path)))
    .join('\n');
}

describe('docs/errors.md', () => {
  const errors = read('docs/errors.md');
  const library = sources('lib');

  test('lists every warning of the library', () => {
    const ids = (text: string) => [...new Set(text.match(/cdk-agentcore-constructs:[a-zA-Z]+/g))].sort();
    expect(ids(errors)).toEqual(ids(library));
  });

  test('quotes errors as the library writes them', () => {
    const [, table = ''] = /## At synthesis\n([\s\S]*?)\n## /.exec(errors) ?? [];
    const quoted = [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, text]) => text ?? '');
    expect(quoted.length).toBeGreaterThan(10);
    for (const text of quoted) {
      for (const part of text.split(/"[^"]*"|…|\d+th/).map((piece) => piece.trim())) expect(library).toContain(part);
    }
  });
});

test('the pages that README and docs link to exist', () => {
  for (const page of [
    'README.md',
    'CONTRIBUTING.md',
    ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
  ]) {
    for (const [, link = ''] of read(page).matchAll(/\]\(((?!https?:)[^)#]+)/g)) {
      expect(() => read(join(page, '..', link))).not.toThrow();
    }
  }
});
