import type { CheckedApp, CheckedResource } from './checked-app';
import { agentCoreRoles } from './role-policies';
import { cloudFormation, type Finding, type Rule } from './rule';
import { statementsOf } from './policy-statement';
import { at, intrinsic, isRecord, literal, references } from './template-value';

export const BUCKET = 'AWS::S3::Bucket';
const BLOCKS = ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'];

export const BUCKET_RULES: readonly Rule[] = [
  {
    id: 'AgentCore-BK1',
    level: 'error',
    title: 'Bucket of an agent that can be made public',
    why: 'one policy or access list opens what agents read, write and record to everybody',
    remedy: 'Set all four parts of PublicAccessBlockConfiguration to true, or leave it out.',
    documentation: cloudFormation('aws-properties-s3-bucket-publicaccessblockconfiguration'),
    property: 'PublicAccessBlockConfiguration',
    check: eachBucket(({ properties }) => {
      const block = at(properties, 'PublicAccessBlockConfiguration');
      // Amazon S3 blocks public access to a bucket that says nothing; what says something has to say it all.
      if (!isRecord(block) || intrinsic(block) !== undefined) return [];
      const open = BLOCKS.filter((name) => ['false', undefined].includes(known(at(block, name))));
      return open.length === 0 ? [] : [{ problem: `${open.join(', ')} of the bucket is not true` }];
    }),
  },
  {
    id: 'AgentCore-BK2',
    level: 'warning',
    title: 'Bucket of an agent that takes requests without TLS',
    why: 'what agents read and write can travel in the clear',
    remedy: 'Deny requests for which aws:SecureTransport is false in the policy of the bucket (enforceSSL in the CDK).',
    documentation: cloudFormation('aws-resource-s3-bucketpolicy'),
    check: eachBucket((bucket, app) =>
      policiesOf(app, bucket).some(requiresTls)
        ? []
        : [{ problem: 'no policy of the bucket denies requests without TLS' }],
    ),
  },
];

/** Findings about each bucket of the app that a resource of AgentCore names, or that a role of AgentCore is granted. */
function eachBucket(
  check: (bucket: CheckedResource, app: CheckedApp) => readonly Omit<Finding, 'resource'>[],
): Rule['check'] {
  return (app) =>
    [...bucketsOf(app)].flatMap((bucket) => check(bucket, app).map((found) => ({ ...found, resource: bucket })));
}

/** Found out once for all rules. */
const buckets = new WeakMap<CheckedApp, ReadonlySet<CheckedResource>>();

function bucketsOf(app: CheckedApp): ReadonlySet<CheckedResource> {
  const known = buckets.get(app);
  if (known !== undefined) return known;
  const granting = agentCoreRoles(app).flatMap(({ statements }) => statements.map(({ policy }) => policy));
  const found = [...new Set([...app.agentCoreResources(), ...granting])].flatMap(({ properties, stack }) =>
    references(properties).map((reference) => app.resourceOf(stack, reference)),
  );
  const named = new Set(found.filter((resource) => resource !== undefined).filter(({ type }) => type === BUCKET));
  buckets.set(app, named);
  return named;
}

function policiesOf(app: CheckedApp, bucket: CheckedResource): CheckedResource[] {
  return app
    .resourcesOfType('AWS::S3::BucketPolicy')
    .filter(({ stack, properties }) => app.resourceOf(stack, at(properties, 'Bucket')) === bucket);
}

function requiresTls({ properties }: CheckedResource): boolean {
  return statementsOf(at(properties, 'PolicyDocument')).some(
    ({ effect, conditions }) => effect === 'Deny' && conditions.get('aws:securetransport')?.includes('false') === true,
  );
}

/** The text of a value that is known; empty for one that only the deployment knows, undefined for one that is not set. */
function known(value: unknown): string | undefined {
  return value === undefined ? undefined : (literal(value) ?? '');
}
