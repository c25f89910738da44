import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

const root = join(__dirname, '..');

/** What examples speak of without defining it, by its type. */
const CONTEXT: Readonly<Record<string, string>> = {
  agent: 'import("cdk-agentcore-constructs").AgentRuntime',
  app: 'import("aws-cdk-lib").App',
  backendFunction: 'import("aws-cdk-lib").aws_lambda.IFunction',
  boundary: 'import("aws-cdk-lib").aws_iam.IManagedPolicy',
  codeInterpreter: 'import("cdk-agentcore-constructs").CodeInterpreterTool',
  env: 'import("aws-cdk-lib").Environment',
  expect: '(value: unknown) => { toBe(expected: unknown): void }',
  find: '(orderId: string) => Promise<{ readonly status: string } | undefined>',
  gateway: 'import("cdk-agentcore-constructs").AgentGateway',
  gatewayArn: 'string',
  image: 'import("cdk-agentcore-constructs").AgentImage',
  inputSchema: 'import("cdk-agentcore-constructs").ObjectToolSchema',
  interpreter: 'import("cdk-agentcore-constructs").CodeInterpreterTool',
  memory: 'import("aws-cdk-lib").aws_bedrockagentcore.IMemory',
  myCapability: 'import("cdk-agentcore-constructs").IAgentCapability',
  orderInput: 'import("cdk-agentcore-constructs").ObjectToolSchema',
  prod: 'import("cdk-agentcore-constructs").AgentEndpoint',
  refunds: 'import("cdk-agentcore-constructs").IGatewayTarget',
  repository: 'import("aws-cdk-lib").aws_ecr.IRepository',
  role: 'import("aws-cdk-lib").aws_iam.Role',
  secret: 'import("aws-cdk-lib").aws_secretsmanager.ISecret',
  sessions: 'import("cdk-agentcore-constructs").SessionTable',
  sns: 'typeof import("aws-cdk-lib/aws-sns")',
  stack: 'import("aws-cdk-lib").Stack',
  statement: 'string',
  table: 'import("aws-cdk-lib").aws_dynamodb.ITable',
  time: 'import("cdk-agentcore-constructs").IGatewayTarget',
  tools: 'import("cdk-agentcore-constructs").IGatewayTarget[]',
  topic: 'import("aws-cdk-lib").aws_sns.ITopic',
  users: 'import("cdk-agentcore-constructs").AgentUserPool',
  vpc: 'import("aws-cdk-lib").aws_ec2.IVpc',
  workspace: 'import("cdk-agentcore-constructs").WorkspaceBucket',
};

/** What the examples of docs, which show a part of an app, use without importing it, by its module. */
const IMPORTS_OF_DOCS: Readonly<Record<string, string>> = {
  CfnOutput: 'aws-cdk-lib',
  ManagedPolicy: 'aws-cdk-lib/aws-iam',
  RetentionDays: 'aws-cdk-lib/aws-logs',
  Secret: 'aws-cdk-lib/aws-secretsmanager',
  Stack: 'aws-cdk-lib',
  Validations: 'aws-cdk-lib',
  join: 'node:path',
  ...Object.fromEntries(exportsOf('lib/index.ts').map((name) => [name, 'cdk-agentcore-constructs'])),
};

interface Example {
  readonly page: string;
  /** Where the compiler is told that it lies: names it in what the compiler says. */
  readonly path: string;
  readonly code: string;
  /** Whether it is all of a file, which its first line names. */
  readonly whole: boolean;
}

const examples: readonly Example[] = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ''], index) => {
    const [, file] = /^\/\/ (\S+)\.ts\n/.exec(code) ?? [];
    return { page, path: `${page}/${file ?? `example ${String(index + 1)}`}.ts`, code, whole: file !== undefined };
  }),
);

/** The names that a module of the library exports. */
function exportsOf(path: string): string[] {
  const names: string[] = [];
  const source = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.ES2023);
  source.forEachChild((node) => {
    if (!ts.isExportDeclaration(node) || node.exportClause === undefined) return;
    if (ts.isNamedExports(node.exportClause)) names.push(...node.exportClause.elements.map(({ name }) => name.text));
  });
  return names;
}

/** The names that a text uses as values, those of properties aside. */
function usedIn(code: string): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) names.add(node.text);
    node.forEachChild((child) => {
      const isPropertyName =
        (ts.isPropertyAccessExpression(node) || ts.isPropertyAssignment(node)) && child === node.name;
      if (!isPropertyName) visit(child);
    });
  };
  visit(ts.createSourceFile('example.ts', code, ts.ScriptTarget.ES2023));
  return names;
}

/** The names that an example imports, by their modules. */
function importsOf(code: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...code.matchAll(/^import \{ (.*) \} from '(.*)';$/gm)].flatMap(([, names = '', from = '']) =>
      names.split(', ').map((name) => [name, from]),
    ),
  );
}

/** What an example may use without importing it. In the README each imports what the examples before it did not. */
function importsBefore({ page, path }: Example): Readonly<Record<string, string>> {
  if (page !== 'README.md') return IMPORTS_OF_DOCS;
  const others = examples.filter((example) => example.page === page);
  const before = others.slice(
    0,
    others.findIndex((example) => example.path === path),
  );
  return Object.assign({}, ...before.map(({ code }) => importsOf(code))) as Readonly<Record<string, string>>;
}

/** An example as a module: what it does not define is declared, and what it does lies in a method of a stack. */
function moduleOf(example: Example): string {
  const { code, whole } = example;
  const used = usedIn(code);
  const defined = [...code.matchAll(/^(?:export )?const (\w+)/gm)].map(([, name]) => name);
  const own = [...Object.keys(importsOf(code)), ...defined];
  const isOpen = ([name]: readonly [string, string]): boolean => used.has(name) && !own.includes(name);
  const rest = code.replace(/^import .*$/gm, '');
  return [
    ...(code.match(/^import .*$/gm) ?? []),
    ...Object.entries(importsBefore(example))
      .filter(isOpen)
      .map(([name, from]) => `import { ${name} } from '${from}';`),
    ...Object.entries(CONTEXT)
      .filter(isOpen)
      .map(([name, type]) => `declare const ${name}: ${type};`),
    whole ? rest : `export function example(this: import('aws-cdk-lib').Stack) {\n${rest}\n}`,
  ].join('\n');
}

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
  paths: {
    'cdk-agentcore-constructs': [join(root, 'lib/index.ts')],
    'cdk-agentcore-constructs/testing': [join(root, 'lib/testing/index.ts')],
    'cdk-agentcore-constructs/tool-handler': [join(root, 'lib/gateway/tool-handler.ts')],
  },
};

/** What the compiler says of the examples, which are compiled together. */
function faults(): string[] {
  const sources = new Map(examples.map((example) => [join(root, example.path), moduleOf(example)]));
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  const getSourceFile = host.getSourceFile.bind(host);
  host.fileExists = (path) => sources.has(path) || fileExists(path);
  // The pages are no folders, and the compiler would not look for what examples import of each other.
  host.directoryExists = () => true;
  host.readFile = (path) => sources.get(path) ?? readFile(path);
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const text = sources.get(path);
    return text === undefined
      ? getSourceFile(path, languageVersion, ...rest)
      : ts.createSourceFile(path, text, languageVersion);
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  return [...sources.keys()].flatMap((path) => {
    const source = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${relative(root, path)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
  });
}

test('the examples of README and docs compile', () => {
  expect(examples.filter(({ page }) => page === 'README.md').length).toBeGreaterThan(10);
  expect(examples.length).toBeGreaterThan(30);
  expect(faults()).toEqual([]);
}, 60_000);

test('what the examples leave open is what they need', () => {
  const used = new Set(examples.flatMap(({ code }) => [...usedIn(code)]));
  expect(Object.keys(CONTEXT).filter((name) => !used.has(name))).toEqual([]);
});
