import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AccessRequest, PolicyDocumentJson, RequestContext } from '../../../lib/testing';
import type { Audit } from '../audit';
import type { CredentialStore, Principal } from '../credentials';
import { decide, isOpenTo } from '../decision';
import type { TemplateBucket } from '../resources/bucket';
import type { Gate, S3Target } from '../s3/call';
import { chunkVerifier } from '../s3/chunk-signature';
import type { LocalBuckets } from '../s3/local-buckets';
import { serveS3 } from '../s3/serve-s3';
import type { SignatureClaim } from '../sigv4';

/** What S3 does with the key of a bucket on behalf of the caller, who needs the permission for it. */
function keyActions(action: string, context: RequestContext): readonly string[] {
  if (action === 's3:GetObject') return ['kms:Decrypt'];
  if (action !== 's3:PutObject') return [];
  // The parts of an upload are read again when the object is made of them.
  return context['s3:ObjectCreationOperation'] === 'false'
    ? ['kms:GenerateDataKey', 'kms:Decrypt']
    : ['kms:GenerateDataKey'];
}

/**
 * Amazon S3 for callers whose signature has been verified; the body of `req` has not been read.
 *
 * @throws RequestFault with the codes of the service
 */
export async function serveBuckets(
  { store, descriptions }: LocalBuckets,
  audit: Audit,
  credentials: CredentialStore,
  principal: Principal,
  claim: SignatureClaim,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const secret = credentials.secretOf(claim.accessKeyId);
  const timestamp = req.headers['x-amz-date'];
  const verifier =
    secret === undefined || typeof timestamp !== 'string' ? undefined : chunkVerifier(claim, timestamp, secret);
  const gate = gateOf(descriptions, audit, principal, claim.region);
  await serveS3({ store, gate, region: claim.region, ...(verifier === undefined ? {} : { verifier }) }, req, res);
}

function gateOf(buckets: readonly TemplateBucket[], audit: Audit, principal: Principal, region: string): Gate {
  const policyOf = ({ bucket }: S3Target): PolicyDocumentJson | undefined =>
    buckets.find(({ name }) => name === bucket)?.policy;
  const request = (action: string, target: S3Target, context: RequestContext = {}): AccessRequest => ({
    action,
    resource: target.bucket === undefined ? '*' : arnOf(principal, target),
    context: { 'aws:RequestedRegion': region, 'aws:ResourceAccount': principal.account, ...context },
  });
  return {
    require: (action, target, context = {}) => {
      audit.require(principal, [request(action, target, context)], policyOf(target));
      const description = buckets.find(({ name }) => name === target.bucket);
      if (description?.key === undefined) return;
      const { key } = description;
      const keyContext = {
        'aws:RequestedRegion': region,
        'kms:ViaService': `s3.${description.region}.amazonaws.com`,
        'kms:CallerAccount': principal.account,
      };
      for (const one of keyActions(action, context)) {
        requireKey(audit, principal, { action: one, resource: key.arn, context: keyContext }, key.policy);
      }
    },
    allows: (action, target, context) =>
      decide(principal, request(action, target, context), policyOf(target)).decision === 'allowed',
  };
}

function arnOf({ partition }: Principal, { bucket = '', key }: S3Target): string {
  return `arn:${partition}:s3:::${bucket}${key === undefined ? '' : `/${key}`}`;
}

/** A key is open to nobody, whatever their own policies say, unless its policy opens it to them or to their account. */
function requireKey(audit: Audit, principal: Principal, request: AccessRequest, policy?: PolicyDocumentJson): void {
  if (policy === undefined) {
    audit.require(principal, [request]);
    return;
  }
  if (!isOpenTo(policy, principal, request)) {
    throw audit.refuse(principal, request, 'because the policy of the key does not allow it');
  }
  // In the policy of a key, * stands for the key itself.
  const Statement = policy.Statement.map((statement) => ({ ...statement, Resource: request.resource }));
  audit.require(principal, [request], { ...policy, Statement });
}
