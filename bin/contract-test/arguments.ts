import { parseArgs } from 'node:util';
import { SESSION_ID_LENGTH } from '../../agent-image/src/protocol';
import type { ContractTestOptions } from './target';

export const USAGE = `Checks a running container against the HTTP contract of Amazon Bedrock AgentCore Runtime.

usage: npm run contract-test -- <url> [options]

  <url>                    where the container listens, for example http://127.0.0.1:8080
  --payload <json>         body that the agent answers (default: {"prompt":"hello"}); it is sent about 20 times
  --busy-payload <json>    body that keeps the agent busy for some seconds, to see HealthyBusy (default: not checked)
  --session-header <id>    value of the session header, ${SESSION_ID_LENGTH.min} to ${SESSION_ID_LENGTH.max} characters (default: a new UUID); all checks are of
                           this session, so a container that has served another one must be started anew
  --header <name: value>   sent with every request, for example a user id; may be given several times
  --timeout <seconds>      longest wait for an answer (default: 60)
  --json                   the results as JSON
  --help                   this text

exit codes: 0 every check passed or was skipped, 1 a check failed, 2 wrong usage or nothing answers`;

/** A mistake in how the command was written. */
export class UsageError extends Error {}

/**
 * Reads the command line; undefined when only the usage is asked for.
 *
 * @throws UsageError naming the argument, its value and what is allowed
 */
export function readArguments(args: readonly string[]): (ContractTestOptions & { readonly json: boolean }) | undefined {
  const { values, positionals } = parse(args);
  if (values.help === true) return undefined;
  const [url, ...others] = positionals;
  if (url === undefined) throw new UsageError('no address is given; expected one such as http://127.0.0.1:8080');
  if (others.length > 0) throw new UsageError(`"${others.join(' ')}" is too much; expected one address`);
  const { payload, 'busy-payload': busyPayload, 'session-header': sessionId } = values;
  return {
    url: readUrl(url),
    json: values.json ?? false,
    headers: Object.fromEntries((values.header ?? []).map(readHeader)),
    ...(values.timeout !== undefined && { timeoutMs: readSeconds(values.timeout) * 1000 }),
    ...(payload !== undefined && { payload: readJson('--payload', payload) }),
    ...(busyPayload !== undefined && { busyPayload: readJson('--busy-payload', busyPayload) }),
    ...(sessionId !== undefined && { sessionId: readSessionId(sessionId) }),
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ payload: text, 'busy-payload': text, 'session-header': text, timeout: text, json: flag, help: flag },
        header: { type: 'string', multiple: true },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function readUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new UsageError(`the address is "${text}"; expected one such as http://127.0.0.1:8080`);
  }
  return text;
}

/** The value is not repeated: it may be a token. */
function readHeader(text: string): [string, string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*([\t\x20-\x7e]*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError('a --header is not of the form "name: value" in printable ASCII');
  }
  return [name, value];
}

function readSeconds(text: string): number {
  if (!/^\d{1,4}$/.test(text) || Number(text) === 0) {
    throw new UsageError(`--timeout is "${text}"; expected seconds, 1 to 9999`);
  }
  return Number(text);
}

function readJson(flag: string, text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw new UsageError(`${flag} is no JSON; expected for example '{"prompt":"hello"}'`);
  }
}

function readSessionId(text: string): string {
  const { min, max } = SESSION_ID_LENGTH;
  if (text.length < min || text.length > max) {
    throw new UsageError(`--session-header has ${text.length} characters; expected ${min} to ${max}`);
  }
  return text;
}
