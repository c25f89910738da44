import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import ts from 'typescript';

const lib = join(__dirname, '..', '..', 'lib');

/** `service:Action`, with or without a wildcard. */
const ACTION = /^[a-z][a-z0-9-]*:([A-Z]\w*\*?|\*)$/;

/** The actions that the code of a file names; its comments and messages do not count. */
function actionsIn(path: string): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isStringLiteral(node) || ts.isTemplateHead(node)) && ACTION.test(node.text)) names.push(node.text);
    if (ts.isNoSubstitutionTemplateLiteral(node) && ACTION.test(node.text)) names.push(node.text);
    node.forEachChild(visit);
  };
  visit(ts.createSourceFile(path, readFileSync(join(lib, path), 'utf8'), ts.ScriptTarget.ES2023));
  return names;
}

test('no action is granted that lib/iam does not name', () => {
  const named = readdirSync(lib, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.includes('bundles'))
    .flatMap((path) => actionsIn(path).map((action) => ({ folder: path.split(sep)[0], action, path })));
  expect(named.filter(({ folder }) => folder === 'iam').length).toBeGreaterThan(30);
  // The checks name actions to judge what others grant.
  expect(named.filter(({ folder }) => folder !== 'iam' && folder !== 'checks')).toEqual([]);
});
