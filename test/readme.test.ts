import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = join(__dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** What the examples use without defining it. */
const CONTEXT = `
declare const stack: import('aws-cdk-lib').Stack;
declare const table: import('aws-cdk-lib').aws_dynamodb.ITable;
declare const secret: import('aws-cdk-lib').aws_secretsmanager.ISecret;
declare const backendFunction: import('aws-cdk-lib').aws_lambda.IFunction;
declare const agent: import('cdk-agentcore-constructs').AgentRuntime;
declare const topic: import('aws-cdk-lib').aws_sns.ITopic;
declare const users: import('cdk-agentcore-constructs').AgentUserPool;
declare const app: import('aws-cdk-lib').App;
declare const { Validations }: typeof import('aws-cdk-lib');
declare const vpc: import('aws-cdk-lib').aws_ec2.IVpc;
declare const boundary: import('aws-cdk-lib').aws_iam.IManagedPolicy;
declare const { Duration }: typeof import('aws-cdk-lib');
declare const { RetentionDays }: typeof import('aws-cdk-lib/aws-logs');
declare const { Alarm }: typeof import('aws-cdk-lib/aws-cloudwatch');
declare const image: import('cdk-agentcore-constructs').AgentImage;
declare const myCapability: import('cdk-agentcore-constructs').IAgentCapability;
declare const repository: import('aws-cdk-lib').aws_ecr.IRepository;
declare const { AgentAuthorizer, AgentEndpoint, AgentImage, AgentRuntime, EndpointVersion, ImageBuilder }: typeof import('cdk-agentcore-constructs');
`;

test('the examples of README and docs/releases.md compile', () => {
  const releases = readFileSync(join(root, 'docs', 'releases.md'), 'utf8');
  const examples = [...`${readme}\n${releases}`.matchAll(/```ts\n([\s\S]*?)```/g)].map(
    ([, code]) => `${code}\nexport {};\n`,
  );
  expect(examples.length).toBeGreaterThan(0);
  const sources = new Map([
    [join(root, 'readme-context.d.ts'), CONTEXT],
    ...examples.map((code, index) => [join(root, `readme-example-${index + 1}.ts`), code] as const),
  ]);

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
    },
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (path) => sources.has(path) || fileExists(path);
  host.readFile = (path) => sources.get(path) ?? readFile(path);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const text = sources.get(path);
    return text === undefined
      ? getSourceFile(path, languageVersion, ...rest)
      : ts.createSourceFile(path, text, languageVersion);
  };

  const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([...sources.keys()], options, host));
  expect(ts.formatDiagnostics(diagnostics, { ...host, getCurrentDirectory: () => root })).toBe('');
}, 60_000);

test('the scripts that the README names exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  for (const [, script] of readme.matchAll(/npm run ([\w:-]+)/g)) expect(scripts).toHaveProperty([script ?? '']);
});
