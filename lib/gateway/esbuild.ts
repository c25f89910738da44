import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Annotations, AssetHashType, aws_lambda as lambda, DockerImage, Stack, type ILocalBundling } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type * as Esbuild from 'esbuild';
import { HANDLER_RUNTIME } from '../private/handler-code';
import { throwFindings } from '../private/validation';

/** Where the package is looked for: in the app, then from this library on. */
const PLACES = [process.cwd(), __dirname];

/** What speaks against bundling handlers on this machine. */
export function esbuildFindings(directories: readonly string[] = PLACES): string[] {
  return esbuildIn(directories) === undefined
    ? [
        'GatewayTool.function with an entry needs the package "esbuild", which is not installed; run: npm install --save-dev esbuild',
      ]
    : [];
}

/**
 * The code of a function that is a file, bundled with what it imports, the AWS SDK included: what the app was tested with,
 * instead of what the runtime happens to bring along. For the runtime and the entry point of the library's own handlers.
 *
 * Not with `NodejsFunction`: it starts esbuild through the package manager of the lockfile that it finds from the working
 * directory on, and fails where there is none, or more than one, or the file belongs to another project.
 *
 * @param scope which the code is for; in a stack that is not asked for, nothing is bundled
 * @throws Error with what esbuild has found
 */
export function bundledCode(scope: Construct, entry: string): lambda.Code {
  const code = Stack.of(scope).bundlingRequired ? bundle(scope, entry) : undefined;
  return lambda.Code.fromAsset(dirname(resolve(entry)), {
    // By itself the CDK hashes the folder, with all that is beside the file and no part of the code.
    assetHashType: AssetHashType.CUSTOM,
    // Without bundling there is no code, and tools are told apart by their files all the same.
    assetHash: createHash('sha256')
      .update(code ?? resolve(entry))
      .digest('hex'),
    bundling: { image: DockerImage.fromRegistry('unused'), local: new Bundle(code ?? '') },
  });
}

function bundle(scope: Construct, entry: string): string {
  const esbuild = esbuildIn(PLACES);
  if (esbuild === undefined) throw new Error(esbuildFindings().join());
  try {
    const { outputFiles, warnings } = esbuild.buildSync({
      entryPoints: [resolve(entry)],
      bundle: true,
      write: false,
      platform: 'node',
      target: HANDLER_RUNTIME.name.replace(/^nodejs(\d+)\..*$/, 'node$1'),
      // Names in comments do not depend on where the app is synthesized, and so neither does the hash of the code.
      absWorkingDir: dirname(resolve(entry)),
      logLevel: 'silent',
    });
    if (warnings.length > 0) {
      const strange = warnings.map(sentence).join('; ');
      Annotations.of(scope).addWarningV2('cdk-agentcore-constructs:strangeToolCode', `esbuild warns: ${strange}`);
    }
    return outputFiles.map(({ text }) => text).join('');
  } catch (error) {
    const { errors } = error as Partial<Esbuild.BuildFailure>;
    if (errors === undefined) throw error;
    const faults = errors.map(sentence).join('; ');
    throwFindings(scope, [`entry "${entry}" cannot be bundled: ${faults}; mend it, or install what it imports`]);
    throw error;
  }
}

/** What was bundled, where the CDK would start a container. Code that differs gets a place of its own: it is in the key. */
class Bundle implements ILocalBundling {
  constructor(private readonly code: string) {}

  public tryBundle(directory: string): boolean {
    writeFileSync(join(directory, 'index.js'), this.code);
    return true;
  }
}

function esbuildIn(directories: readonly string[]): typeof Esbuild | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would make the optional peer required
    return require(require.resolve('esbuild', { paths: [...directories] })) as typeof Esbuild;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    return undefined;
  }
}

function sentence({ text, location }: Esbuild.Message): string {
  return location === null ? text : `${location.file}:${location.line}:${location.column}: ${text}`;
}
