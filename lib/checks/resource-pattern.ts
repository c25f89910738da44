import { fixedPart, hasWildcard, matches } from './policy-statement';
import { gapAtEnd, fields, printed, withPlainGaps } from './template-value';

/**
 * Whether a resource pattern of a policy covers a resource that nobody meant in particular: the partition, the Region and
 * the account are taken from the pattern where it names them, so that only the rest decides.
 *
 * @param resource what follows the account in the ARN, for instance `repository/other`
 * @returns false where a part of the pattern that matters is not known
 */
export function covers(pattern: string, service: string, resource: string): boolean {
  const plain = withPlainGaps(pattern);
  const named = (index: number, otherwise: string): string => {
    const field = plain.split(':')[index];
    return field === undefined || hasWildcard(field) ? otherwise : field;
  };
  return matches(plain, ['arn', named(1, 'aws'), service, named(3, 'region'), named(4, 'account'), resource].join(':'));
}

/**
 * How findings name a resource: without partition, service, Region and account, so that an acknowledgement holds in every
 * environment.
 */
export function shortName(resource: string): string {
  const [arn, , , , , ...rest] = fields(resource);
  return printed(arn === 'arn' && rest.length > 0 ? rest.join(':') : resource);
}

/**
 * Whether a pattern covers names that merely begin like a name: `<name>*` does, `<name>-*` does not, because AgentCore ends
 * every name in a hyphen and an id.
 *
 * @param base what stands before the name
 * @returns false where what stands before the wildcard is not known
 */
export function coversSimilarNames(pattern: string, base: string): boolean {
  if (!hasWildcard(pattern)) return false;
  const fixed = fixedPart(pattern);
  return fixed.startsWith(base) && fixed !== base && !fixed.endsWith('-') && gapAtEnd(fixed) === undefined;
}
