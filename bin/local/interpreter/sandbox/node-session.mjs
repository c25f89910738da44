// Runs JavaScript and TypeScript, piece by piece, in one global scope that lives as long as the process: as in a REPL, names
// can be declared again, and await is allowed at the top. One JSON line on descriptor 3 for each piece; one on 4 when it is done.
import { createReadStream, writeSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { createInterface } from 'node:readline';
import { inspect } from 'node:util';

const session = new Session();
session.connect();
globalThis.require = createRequire(`${process.cwd()}/`);
const SHOW = Symbol.for('interpreter.show');
globalThis[SHOW] = (value) => console.log(inspect(value));

for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, (error) => console.error(error));

async function run(code) {
  const { result, exceptionDetails } = await session.post('Runtime.evaluate', {
    expression: code,
    replMode: true,
    awaitPromise: true,
  });
  if (exceptionDetails !== undefined) {
    const { exception, text } = exceptionDetails;
    console.error(exception?.description ?? `${text} ${inspect(exception?.value)}`);
    return 1;
  }
  if (result.type !== 'undefined') {
    const { objectId, unserializableValue, value } = result;
    const argument =
      objectId !== undefined ? { objectId } : unserializableValue !== undefined ? { unserializableValue } : { value };
    await session.post('Runtime.callFunctionOn', {
      executionContextId: 1,
      functionDeclaration: '(value) => globalThis[Symbol.for("interpreter.show")](value)',
      arguments: [argument],
    });
  }
  return 0;
}

for await (const line of createInterface({ input: createReadStream('', { fd: 3 }) })) {
  const { nonce, code, typescript } = JSON.parse(line);
  let exitCode = 1;
  try {
    exitCode = await run(typescript ? stripTypeScriptTypes(code) : code);
  } catch (error) {
    console.error(error);
  }
  writeSync(4, `${JSON.stringify({ nonce, exitCode })}\n`);
}
