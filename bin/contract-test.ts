import { readArguments, USAGE, UsageError } from './contract-test/arguments';
import { resultText, summaryText } from './contract-test/report';
import { runContractTest, Unreachable } from './contract-test/run';

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

async function main(): Promise<number> {
  const options = readArguments(process.argv.slice(2));
  if (options === undefined) {
    say(USAGE);
    return 0;
  }
  const { json, ...test } = options;
  const results = await runContractTest(test, (result) => json || say(resultText(result)));
  say(json ? JSON.stringify(results, undefined, 2) : `\n${summaryText(results)}`);
  return results.some(({ status }) => status === 'FAIL') ? 1 : 0;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    if (error instanceof UsageError) process.stderr.write(`\n${USAGE}\n`);
    process.exitCode = error instanceof UsageError || error instanceof Unreachable ? 2 : 1;
  },
);
