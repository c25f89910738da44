import { decodePercent } from '../http-messages';

/** A route that a request belongs to. */
export interface RouteMatch<T> {
  readonly route: T;
  /** Values of the parts of the path in braces, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * The route of a request, as API Gateway finds it: a path in full before one with parameters, those before one with a
 * greedy parameter, `$default` last; a method before `ANY`.
 *
 * @param path begins with a slash, not decoded
 */
export function matchRoute<T extends { readonly key: string }>(
  routes: readonly T[],
  method: string,
  path: string,
): RouteMatch<T> | undefined {
  const parts = path.split('/').slice(1);
  const matches = routes.flatMap((route) => {
    if (route.key === '$default') return [{ route, parameters: {}, rank: [4] }];
    const [verb = '', pattern = ''] = route.key.split(' ');
    if (verb !== method && verb !== 'ANY') return [];
    const found = matchPath(pattern.split('/').slice(1), parts);
    return found === undefined
      ? []
      : [{ route, parameters: found.parameters, rank: [...found.rank, verb === 'ANY' ? 1 : 0] }];
  });
  return matches.sort((left, right) => compare(left.rank, right.rank))[0];
}

function matchPath(
  pattern: readonly string[],
  parts: readonly string[],
): { readonly parameters: Record<string, string>; readonly rank: number[] } | undefined {
  const parameters: Record<string, string> = {};
  const rank: number[] = [];
  for (const [index, expected] of pattern.entries()) {
    const [, name, greedy] = /^\{([^}+]+)(\+?)\}$/.exec(expected) ?? [];
    if (greedy === '+' && name !== undefined) {
      const rest = parts.slice(index);
      if (rest.join('/') === '') return undefined;
      parameters[name] = rest.map(decodePercent).join('/');
      return { parameters, rank: [...rank, 3] };
    }
    const part = parts[index];
    if (part === undefined || (name === undefined ? part !== expected : part === '')) return undefined;
    if (name !== undefined) parameters[name] = decodePercent(part);
    rank.push(name === undefined ? 0 : 2);
  }
  return pattern.length === parts.length ? { parameters, rank } : undefined;
}

function compare(left: readonly number[], right: readonly number[]): number {
  const index = left.findIndex((value, position) => value !== right[position]);
  return index === -1 ? left.length - right.length : (left[index] ?? 0) - (right[index] ?? 0);
}
