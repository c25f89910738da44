import { DOWNLOADS_PREFIX, WORKSPACES_MARK, WORKSPACES_PREFIX } from '../iam/object-access';
import { USER_KEY_VARIABLE } from '../iam/user-scope';
import { BUCKET } from './bucket-rules';
import type { CheckedApp, CheckedResource, CheckedStack } from './checked-app';
import { hasWildcard, matches } from './policy-statement';
import { policiesOfRoles, policyStatements } from './role-policies';
import { at, fields, isLiteral, literal, references, text } from './template-value';

/** Where the data of users lies in a bucket of workspaces. */
const FOLDERS = [WORKSPACES_PREFIX, DOWNLOADS_PREFIX];

/** What keeps a user to his own workspaces names them. */
const OF_ONE_USER = `/${WORKSPACES_PREFIX}${USER_KEY_VARIABLE}/`;

/** Stands for a name that only the deployment knows, and that nothing but a wildcard matches. */
const UNNAMED = '\0';

/** What a resource of a policy names in Amazon S3. */
interface Target {
  /** The bucket, where the app defines it and the resource begins with a reference to it. */
  readonly bucket: CheckedResource | undefined;
  /** What follows the reference; without one, all that follows `arn:aws:s3:::`. A pattern, with gaps for what is not known. */
  readonly path: string;
}

/** Found out once for all rules. */
const known = new WeakMap<CheckedApp, WorkspaceBuckets>();

/** The buckets in which users have their workspaces: of the constructs, or such that a role reaches one user at a time there. */
export class WorkspaceBuckets {
  /** Those in the templates of `app`, and those that its policies name. */
  public static of(app: CheckedApp): WorkspaceBuckets {
    const found = known.get(app) ?? new WorkspaceBuckets(app);
    known.set(app, found);
    return found;
  }

  private readonly defined: ReadonlySet<CheckedResource>;
  private readonly names: ReadonlySet<string>;

  private constructor(private readonly app: CheckedApp) {
    const marked = app.resourcesOfType(BUCKET).filter(({ metadata }) => at(metadata, WORKSPACES_MARK) !== undefined);
    const ofOneUser = policiesOfRoles(app)
      .flatMap((policy) =>
        policyStatements(policy).flatMap(({ resourceValues }) => this.targets(policy, resourceValues)),
      )
      .filter(({ path }) => path.includes(OF_ONE_USER));
    const defined = [...marked, ...ofOneUser.map(({ bucket }) => bucket).filter((bucket) => bucket !== undefined)];
    const names = ofOneUser
      .filter(({ bucket }) => bucket === undefined)
      .map(({ path }) => path.slice(0, path.indexOf(OF_ONE_USER)));
    this.defined = new Set(defined);
    this.names = new Set([
      ...names.filter((name) => isLiteral(name) && !hasWildcard(name)),
      ...defined.map(({ properties }) => literal(at(properties, 'BucketName')) ?? UNNAMED),
    ]);
  }

  /** Whether a resource of a policy in `stack` covers an object of users other than that of the session. */
  public hasObjectsIn(stack: CheckedStack, resource: unknown): boolean {
    const { bucket, path } = this.target(stack, resource);
    return this.namesFor(bucket).some((name) => FOLDERS.some((folder) => coversOthersBelow(path, `${name}/${folder}`)));
  }

  /** Whether a resource of a policy in `stack` is a bucket of workspaces itself. */
  public has(stack: CheckedStack, resource: unknown): boolean {
    const { bucket, path } = this.target(stack, resource);
    return this.namesFor(bucket).some((name) => matches(path, name));
  }

  /** What the path of a target can go on with: nothing after a reference, otherwise each name. */
  private namesFor(bucket: CheckedResource | undefined): readonly string[] {
    if (bucket === undefined) return [...this.names];
    return this.defined.has(bucket) ? [''] : [];
  }

  private targets({ stack }: CheckedResource, resources: readonly unknown[]): Target[] {
    return resources.map((resource) => this.target(stack, resource));
  }

  private target(stack: CheckedStack, resource: unknown): Target {
    const rendered = text(resource) ?? '';
    const [arn, , service = '', , , ...rest] = fields(rendered);
    const isArn = arn === 'arn' && rest.length > 0 && matches(service, 's3');
    const path = isArn ? rest.join(':') : rendered;
    for (const reference of references(resource)) {
      const name = text(reference) ?? '';
      const bucket = path.startsWith(name) ? this.app.resourceOf(stack, reference) : undefined;
      if (bucket?.type === BUCKET) return { bucket, path: path.slice(name.length) };
    }
    return { bucket: undefined, path };
  }
}

/** Whether listing keys that begin as one of `prefixes` says shows keys of users other than that of the session. */
export function listsUsers(prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) =>
    FOLDERS.some(
      (folder) =>
        coversOthersBelow(prefix, folder) ||
        Array.from(folder, (_, end) => folder.slice(0, end)).some((start) => matches(prefix, start)),
    ),
  );
}

/**
 * Whether a pattern matches something that begins with `start` and does not go on with the user of the session; false where
 * what matters of it is not known.
 */
function coversOthersBelow(pattern: string, start: string): boolean {
  for (const [index, character] of [...start].entries()) {
    if (pattern[index] === '*') return true;
    if (pattern[index] !== '?' && pattern[index] !== character) return false;
  }
  return !pattern.startsWith(`${USER_KEY_VARIABLE}/`, start.length);
}
