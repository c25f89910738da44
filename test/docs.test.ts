import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = join(__dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Sentence {
  readonly path: string;
  readonly text: string;
}

/** Texts that nobody is told as a finding: descriptions of resources, reasons of acknowledgements, queries, graphs. */
const OTHER_PROPERTIES = new Set(['commands', 'description', 'expression', 'label', 'reason', 'source', 'title']);
const OTHER_CALLS = new Set(['addEgressRule', 'addIngressRule', 'forced']);

/** What a finding can be: every text of at least four words in the constructs, `…` for what differs. */
function sentences(): Sentence[] {
  // The checks have a page of their own, and a test for it; functions speak to people who are signed in.
  return readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/^(checks|handlers|testing)[\\/]/.test(path))
    .flatMap((path) =>
      textsOf(ts.createSourceFile(path, read(join('lib', path)), ts.ScriptTarget.ES2023, true)).map((text) => ({
        path,
        text: text.trim(),
      })),
    )
    .filter(({ text }) => text.split(' ').length >= 4);
}

function textsOf(node: ts.Node): string[] {
  if (isOther(node)) return [];
  const nested: string[] = [];
  node.forEachChild((child) => {
    nested.push(...textsOf(child));
  });
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [node.text];
  if (!ts.isTemplateExpression(node)) return nested;
  return [[node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…'), ...nested];
}

function isOther(node: ts.Node): boolean {
  if (ts.isPropertyAssignment(node)) return OTHER_PROPERTIES.has(node.name.getText());
  // A warning is in the page by its id.
  if (ts.isFunctionDeclaration(node)) return node.name?.text.endsWith('Warning') === true;
  if (!ts.isCallExpression(node)) return false;
  const name = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : node.expression.getText();
  return OTHER_CALLS.has(name) || /^add(Warning|Info)V2$/.test(name);
}

/** Whether what is fixed in `part` stands in `whole`, in its order. */
function isIn(part: string, whole: string): boolean {
  let from = 0;
  return part
    .split(/…/)
    .map((piece) => piece.trim())
    .every((piece) => {
      const at = whole.indexOf(piece, from);
      from = at + piece.length;
      return at >= 0;
    });
}

describe('docs/errors.md', () => {
  const errors = read('docs/errors.md');
  const [, synthesis = '', deployment = ''] =
    /## At synthesis\n([\s\S]*?)\n## At deployment([\s\S]*)/.exec(errors) ?? [];
  const rows = (part: string) =>
    [...part.matchAll(/^\| (.*?) +\| (.*?) +\| (.*?) +\|$/gm)].map(([, ...cells]) => cells);
  const quoted = rows(synthesis)
    .map(([message = '']) => /^`(.*)`$/.exec(message)?.[1])
    .filter((message) => message !== undefined);
  const all = sentences();

  test('lists every warning and note of the library', () => {
    const ids = (text: string) => [...new Set(text.match(/cdk-agentcore-constructs:[a-zA-Z]+/g))].sort();
    const library = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.ts'),
    );
    expect(ids(errors)).toEqual(ids(library.map((path) => read(join('lib', path))).join('\n')));
  });

  test('has a row for every finding of the library', () => {
    expect(all.length).toBeGreaterThan(100);
    expect(all.filter(({ text }) => !quoted.some((row) => isIn(row, text)))).toEqual([]);
  });

  test('has no row that the library does not say, and none twice', () => {
    expect(quoted.filter((row) => !all.some(({ text }) => isIn(row, text)))).toEqual([]);
    expect(quoted.filter((row, index) => quoted.indexOf(row) < index)).toEqual([]);
  });

  test('has a cause and a remedy in every row', () => {
    for (const row of [...rows(synthesis), ...rows(deployment)]) {
      expect(row).toHaveLength(3);
      expect(row.every((cell) => cell.length > 1)).toBe(true);
    }
    expect(rows(deployment).length).toBeGreaterThan(20);
  });
});

/** The pages that people read. */
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'bench/README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** What can stand after `#` in a link to a page: its headings, as GitHub writes them. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of read(page)
    .replace(/^```[\s\S]*?^```/gm, '')
    .matchAll(/^#+ +(.*?) *$/gm)) {
    const anchor = heading
      .replace(/\[(.*?)\]\(.*?\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    const namesakes = [...anchors].filter((other) => other.replace(/-\d+$/, '') === anchor).length;
    anchors.add(namesakes === 0 ? anchor : `${anchor}-${String(namesakes)}`);
  }
  return anchors;
}

test('every link of a page leads to a file and a heading that are there', () => {
  const links = PAGES.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].map(([, path = '', anchor]) => ({
      from: page,
      to: path === '' ? page : join(page, '..', path),
      anchor,
    })),
  );
  expect(links.length).toBeGreaterThan(50);
  expect(links.filter(({ anchor }) => anchor !== undefined).length).toBeGreaterThan(0);
  const isDead = ({ to, anchor }: (typeof links)[number]): boolean =>
    !existsSync(join(root, to)) || (anchor !== undefined && !anchorsOf(to).has(anchor));
  expect(links.filter(isDead)).toEqual([]);
});
