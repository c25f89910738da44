import { randomUUID } from 'node:crypto';
import { readArguments, USAGE, UsageError } from './local/arguments';
import { startLocalRun, type LocalRun } from './local/local-run';

/** The first signal often comes twice, from the terminal and from npm; a person is slower than that. */
const SAME_SIGNAL_MS = 300;
const PARENT_CHECK_MS = 250;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(): Promise<void> {
  const options = readArguments(process.argv.slice(2), process.env, process.cwd());
  if (options === undefined) {
    say(USAGE);
    return;
  }
  // When the terminal is gone there is nobody to write to; the run still stops in order.
  process.stdout.on('error', () => undefined);

  let run: LocalRun | undefined = undefined;
  stopOnSignals(() => run);
  run = await startLocalRun({ ...options, log: say });
  say(`ready ${run.url}`);
  say(`
ask the agent (a session id is any text of 33 to 256 characters; the same one continues the conversation):
  curl -N ${run.url}/invocations \\
    -H 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id: ${randomUUID()}' \\
    -d '{"prompt": "Hello", "stream": true}'
metrics of the agents: ${run.url}/metrics
all addresses, for sign-in, tools and API too: ${run.url}/
stop with Ctrl-C`);
}

/**
 * Stops once, in order, at the first signal or when the parent is gone; a second signal does not wait. What was started
 * and is not stopped in order, such as the steps before the run is up, is ended by the reaper.
 */
function stopOnSignals(run: () => LocalRun | undefined): void {
  let stoppingSince: number | undefined;
  const onSignal = (): void => {
    const started = run();
    if (started === undefined) process.exit(130);
    if (stoppingSince !== undefined) {
      if (Date.now() - stoppingSince > SAME_SIGNAL_MS) process.exit(130);
      return;
    }
    stoppingSince = Date.now();
    clearInterval(parentCheck);
    say('stopping …');
    started.stop().then((summary) => {
      for (const line of summary) say(line);
      process.exit(0);
    }, fail);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  const parent = process.ppid;
  const parentCheck = setInterval(() => {
    if (process.ppid !== parent) onSignal();
  }, PARENT_CHECK_MS);
  parentCheck.unref();
}

function fail(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  if (!(error instanceof UsageError)) process.exit(1);
  process.stderr.write(`\n${USAGE}\n`);
  process.exit(2);
}

main().catch(fail);
