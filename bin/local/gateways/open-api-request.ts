import type { ApiOperation, ApiParameter } from './open-api-document';
import type { OutboundRequest } from './outbound-requests';
import { TargetFault } from './target-fault';

type Input = Readonly<Record<string, unknown>>;

/**
 * The request that an operation is for an input.
 *
 * @param server the address that its path is appended to
 * @throws TargetFault when a value would make it another path, or cannot be written into one
 */
export function operationRequest(operation: ApiOperation, server: URL, input: Input): OutboundRequest {
  const { method, path, parameters } = operation;
  const given = (place: ApiParameter['place']): [string, unknown][] =>
    parameters.flatMap(({ name, place: own }) =>
      own === place && Object.hasOwn(input, name) ? [[name, input[name]]] : [],
    );
  const url = new URL(server);
  url.pathname = `${server.pathname.replace(/\/$/, '')}${filledPath(path, given('path'))}`;
  for (const [name, value] of given('query')) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) url.searchParams.append(name, text(one));
  }
  const headers = Object.fromEntries(given('header').map(([name, value]) => [name.toLowerCase(), text(value)]));
  const body = bodyOf(operation, input);
  return {
    url,
    method,
    headers: { accept: 'application/json, */*;q=0.5', ...headers, ...(body === undefined ? {} : JSON_BODY) },
    ...(body === undefined ? {} : { body }),
  };
}

const JSON_BODY = { 'content-type': 'application/json' };

function filledPath(path: string, values: readonly [string, unknown][]): string {
  const filled = values.reduce(
    (result, [name, value]) => result.replaceAll(`{${name}}`, () => segment(name, value)),
    path,
  );
  // These are not names of anything: a client takes them out, so that another operation would be called.
  if (filled.split('/').some((part) => part === '.' || part === '..')) {
    throw new TargetFault('a value for the path is "." or "..", which would lead to another path');
  }
  return filled;
}

function segment(name: string, value: unknown): string {
  try {
    return encodeURIComponent(text(value));
  } catch (error) {
    throw new TargetFault(`the value for "${name}" of the path has half of a surrogate pair, which is no character`, {
      cause: error,
    });
  }
}

function bodyOf({ body }: ApiOperation, input: Input): string | undefined {
  switch (body.kind) {
    case 'none':
      return undefined;
    case 'whole':
      return Object.hasOwn(input, body.name) ? JSON.stringify(input[body.name]) : undefined;
    case 'fields': {
      const fields = body.names
        .filter((name) => Object.hasOwn(input, name))
        .map((name) => [name, input[name]] as const);
      return fields.length > 0 || body.isRequired ? JSON.stringify(Object.fromEntries(fields)) : undefined;
    }
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
