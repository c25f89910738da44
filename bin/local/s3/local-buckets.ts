import type { RolePolicies } from '../../../lib/testing';
import type { LocalApp } from '../local-app';
import type { TemplateBucket } from '../resources/bucket';
import { S3Store } from './store';

/** The buckets of an app: what is in them, and who may use them. */
export interface LocalBuckets {
  readonly store: S3Store;
  readonly descriptions: readonly TemplateBucket[];
}

/**
 * Opens the buckets of the templates and, empty at first, those of elsewhere that the policies of a role name.
 *
 * @param directory where the objects of this and earlier runs are
 */
export function openBuckets(
  { buckets, roles, runtimes }: Pick<LocalApp, 'buckets' | 'roles' | 'runtimes'>,
  directory: string,
  log: (line: string) => void,
): LocalBuckets {
  const store = new S3Store(directory);
  for (const { name } of buckets) store.ensureBucket(name);
  const own = new Set(buckets.map(({ name }) => name));
  const known = [...runtimes.map(({ role }) => role), ...roles.flatMap((role) => readable(() => role.policies()))];
  const others = [...new Set(known.flatMap(bucketsNamedBy))].filter((name) => !own.has(name));
  for (const name of others) {
    store.ensureBucket(name);
    log(`the bucket ${name} is not made by the app; an empty one stands in for it`);
  }
  if (own.size + others.length > 0) log(`objects of buckets are kept in ${directory}, the latest version of each`);
  return { store, descriptions: buckets };
}

/** A role that cannot be read is not told of here: nobody may use it. */
function readable(policies: () => RolePolicies): RolePolicies[] {
  try {
    return [policies()];
  } catch {
    return [];
  }
}

function bucketsNamedBy({ identityPolicies }: RolePolicies): string[] {
  return identityPolicies
    .flatMap(({ Statement }) => Statement)
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Resource }) => [Resource ?? []].flat())
    .flatMap((arn) => /^arn:[^:]+:s3:::([a-z0-9][a-z0-9.-]{2,62})(\/|$)/.exec(arn)?.[1] ?? []);
}
