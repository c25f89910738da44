import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import packageJson from '../package.json';

const root = join(__dirname, '..');
const lib = join(root, 'lib');

/** The files behind the entry points of the package. */
const entries = Object.values(packageJson.exports)
  .flatMap((target) => (typeof target === 'string' ? [] : [target.types]))
  .map((types) => join(root, types.replace('./dist/', '').replace(/\.d\.ts$/, '.ts')));

// Names are followed within the library alone, so nothing else is read.
const program = ts.createProgram(
  readdirSync(lib, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.startsWith('handlers'))
    .map((path) => join(lib, path)),
  { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023, noResolve: true, noLib: true, types: [] },
);
const checker = program.getTypeChecker();

interface Exported {
  readonly entry: string;
  readonly name: string;
  readonly symbol: ts.Symbol;
}

const exported: readonly Exported[] = entries.flatMap((path) => {
  const source = program.getSourceFile(path);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`there is no module ${path}`);
  const entry = relative(lib, path);
  return checker.getExportsOfModule(module).map((symbol) => ({ entry, name: symbol.name, symbol: target(symbol) }));
});

function target(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** The types that are part of what a declaration tells its users; not what is within functions, and not what is private. */
function typesOf(node: ts.Node): ts.Symbol[] {
  if (isPrivate(node) || ts.isBlock(node)) return [];
  const name = namedBy(node);
  const symbol = name === undefined ? undefined : checker.getSymbolAtLocation(name);
  const nested: ts.Symbol[] = [];
  node.forEachChild((child) => {
    if (!isInitializer(node, child)) nested.push(...typesOf(child));
  });
  return symbol === undefined ? nested : [target(symbol), ...nested];
}

function isPrivate(node: ts.Node): boolean {
  // A parameter that becomes a private property is told nevertheless.
  if (!ts.canHaveModifiers(node) || ts.isParameter(node)) return false;
  return (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);
}

/** The type of a property without one is that of its value, which is only looked at where it is made by `new`. */
function isInitializer(node: ts.Node, child: ts.Node): boolean {
  return (
    (ts.isPropertyDeclaration(node) || ts.isParameter(node) || ts.isVariableDeclaration(node)) &&
    node.initializer === child &&
    (node.type !== undefined || !ts.isNewExpression(child))
  );
}

function namedBy(node: ts.Node): ts.Node | undefined {
  if (ts.isTypeReferenceNode(node)) return node.typeName;
  return ts.isExpressionWithTypeArguments(node) || ts.isNewExpression(node) ? node.expression : undefined;
}

/** The file of the library that declares a type; undefined for a parameter of a generic type and for other packages. */
function fileOf({ flags, declarations = [] }: ts.Symbol): string | undefined {
  if (flags & ts.SymbolFlags.TypeParameter) return undefined;
  const path = declarations[0]?.getSourceFile().fileName;
  return path?.startsWith(lib) === true ? relative(lib, path) : undefined;
}

test('every type that an exported one is made of can be imported too', () => {
  const known = new Set(exported.map(({ symbol }) => symbol));
  expect(known.size).toBeGreaterThan(100);
  const hidden = exported.flatMap(({ name, symbol: { declarations = [] } }) =>
    declarations
      .flatMap(typesOf)
      .filter((symbol) => !known.has(symbol) && fileOf(symbol) !== undefined)
      .map((symbol) => `${symbol.name} of ${String(fileOf(symbol))}, in ${name}`),
  );
  expect([...new Set(hidden)].sort()).toEqual([]);
});

test('a name means the same at every entry point', () => {
  const others = ({ name, symbol }: Exported) =>
    exported.filter((other) => other.name === name && other.symbol !== symbol).map(({ entry }) => entry);
  expect(exported.filter((one) => others(one).length > 0).map(({ name, entry }) => `${name} of ${entry}`)).toEqual([]);
});

test('every optional property of an exported type says what holds without it', () => {
  const optional = exported
    // The types of /testing are those of templates and of requests, which others have documented.
    .filter(({ entry }) => entry !== 'testing/index.ts')
    .flatMap(({ name, symbol: { declarations = [] } }) =>
      declarations
        .filter(ts.isInterfaceDeclaration)
        .flatMap(({ members }) => [...members])
        .filter(({ questionToken }) => questionToken !== undefined)
        .map((member) => ({ name: `${name}.${member.name?.getText() ?? ''}`, tags: ts.getJSDocTags(member) })),
    );
  expect(optional.length).toBeGreaterThan(100);
  const silent = optional.filter(
    ({ tags }) => !tags.some(({ tagName, comment }) => tagName.text === 'default' && (comment ?? '') !== ''),
  );
  expect(silent.map(({ name }) => name)).toEqual([]);
});
