import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { aws_lambda as lambda } from 'aws-cdk-lib';

/** Beside the compiled library in the package, and beside the sources in the repository. */
const BUNDLES = join(__dirname, '..', 'handlers', 'bundles');

/** What bundled handlers are made for: ARM64 and this version of Node.js; the entry point is `index.handler`. */
export const HANDLER_RUNTIME = lambda.Runtime.NODEJS_24_X;
export const HANDLER_ENTRY = 'index.handler';

/**
 * The bundled code of one of the library's functions.
 *
 * @param name of its folder in lib/handlers
 * @throws Error when there is no such bundle
 */
export function handlerCode(name: string): lambda.Code {
  const directory = join(BUNDLES, name);
  if (!existsSync(join(directory, 'index.js'))) {
    const present = existsSync(BUNDLES) ? readdirSync(BUNDLES).join(', ') : '';
    throw new Error(
      `the code of the function "${name}" is not in ${BUNDLES}, which has ${present === '' ? 'nothing' : present}; in the repository of the library run "npm run build:handlers", elsewhere install the package again`,
    );
  }
  return lambda.Code.fromAsset(directory);
}
