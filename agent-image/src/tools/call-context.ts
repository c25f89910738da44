import { AsyncLocalStorage } from 'node:async_hooks';

/** Headers of all requests that are made for a call of a tool: neither the client of MCP nor code between takes them. */
const along = new AsyncLocalStorage<Readonly<Record<string, string>>>();

/** Does something whose requests have these headers. */
export function sendingAlong<T>(headers: Readonly<Record<string, string>>, act: () => Promise<T>): Promise<T> {
  return along.run(headers, act);
}

/** The headers that a request has to send along. */
export function headersAlong(): Readonly<Record<string, string>> {
  return along.getStore() ?? {};
}

/** The SDK's id of a call of a tool, which it sends along as metadata of MCP; undefined where it is not there. */
export function callIdIn(metadata: unknown): string | undefined {
  const isObject = typeof metadata === 'object' && metadata !== null;
  const id = isObject && 'claudecode/toolUseId' in metadata ? metadata['claudecode/toolUseId'] : undefined;
  return typeof id === 'string' ? id : undefined;
}
