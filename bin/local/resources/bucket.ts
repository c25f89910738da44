import type { PolicyDocumentJson, ResolvedTemplate } from '../../../lib/testing';
import { policyDocument } from '../../../lib/testing/policy';

/** An AWS::S3::Bucket of the template. */
export interface TemplateBucket {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly policy?: PolicyDocumentJson;
  /** The key of the account that its objects are encrypted with; none for the key of S3 itself. */
  readonly key?: TemplateKey;
}

/** An AWS::KMS::Key of the template. */
interface TemplateKey {
  readonly arn: string;
  readonly policy?: PolicyDocumentJson;
}

const KEY = 'AWS::KMS::Key';
const POLICY = 'AWS::S3::BucketPolicy';

interface EncryptionRule {
  readonly ServerSideEncryptionByDefault?: { readonly SSEAlgorithm?: string; readonly KMSMasterKeyID?: string };
}

/** Reads one bucket of a stack with what decides on who may use it. */
export function readBucket(template: ResolvedTemplate, logicalId: string): TemplateBucket {
  const name = template.ref(logicalId);
  const policy = idsOf(template, POLICY).find((id) => template.property(id, 'Bucket') === name);
  const encryption = template.property(logicalId, 'BucketEncryption') as
    { readonly ServerSideEncryptionConfiguration?: readonly EncryptionRule[] } | undefined;
  const keyId = encryption?.ServerSideEncryptionConfiguration?.[0]?.ServerSideEncryptionByDefault?.KMSMasterKeyID;
  return {
    name,
    arn: template.getAtt(logicalId, 'Arn'),
    region: template.region,
    ...(policy === undefined ? {} : { policy: document(template, policy, 'PolicyDocument') }),
    ...(keyId === undefined ? {} : { key: readKey(template, keyId) }),
  };
}

function readKey(template: ResolvedTemplate, id: string): TemplateKey {
  const logicalId = idsOf(template, KEY).find((one) => [template.ref(one), template.getAtt(one, 'Arn')].includes(id));
  if (logicalId !== undefined) {
    return { arn: template.getAtt(logicalId, 'Arn'), policy: document(template, logicalId, 'KeyPolicy') };
  }
  // The policy of a key of elsewhere is not known; what the caller's own policies say of it is.
  const { partition, region, account } = template;
  return { arn: id.startsWith('arn:') ? id : `arn:${partition}:kms:${region}:${account}:key/${id}` };
}

function idsOf(template: ResolvedTemplate, type: string): string[] {
  return template
    .resources()
    .filter((resource) => resource.type === type)
    .map(({ logicalId }) => logicalId);
}

function document(template: ResolvedTemplate, logicalId: string, property: string): PolicyDocumentJson {
  return policyDocument(template.property(logicalId, property), logicalId);
}
