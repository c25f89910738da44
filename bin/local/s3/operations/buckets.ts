import { bucketOf, NAMESPACE, type S3Call } from '../call';
import { element, sendXml, textElement } from '../../xml';

/** ListBuckets. */
export function listBuckets({ gate, store, res }: S3Call): void {
  gate.require('s3:ListAllMyBuckets', {});
  const created = textElement('CreationDate', new Date(0).toISOString());
  const buckets = store.buckets.map(({ name }) => element('Bucket', [textElement('Name', name), created]));
  sendXml(res, 200, element('ListAllMyBucketsResult', [element('Buckets', buckets)], NAMESPACE));
}

/** CreateBucket. */
export function createBucket({ gate, store, bucketName, res }: S3Call): void {
  gate.require('s3:CreateBucket', { bucket: bucketName });
  store.ensureBucket(bucketName);
  res.writeHead(200, { location: `/${bucketName}`, 'content-length': 0 }).end();
}

/** DeleteBucket. */
export function deleteBucket({ gate, store, bucketName, res }: S3Call): void {
  gate.require('s3:DeleteBucket', { bucket: bucketName });
  store.deleteBucket(bucketName);
  res.writeHead(204).end();
}

/** HeadBucket. */
export function headBucket(call: S3Call): void {
  bucketOf(call);
  call.gate.require('s3:ListBucket', { bucket: call.bucketName });
  call.res.writeHead(200, { 'x-amz-bucket-region': call.region, 'content-length': 0 }).end();
}

/** GetBucketLocation. */
export function bucketLocation(call: S3Call): void {
  bucketOf(call);
  call.gate.require('s3:GetBucketLocation', { bucket: call.bucketName });
  // The first Region has no name here.
  const region = call.region === 'us-east-1' ? '' : call.region;
  sendXml(call.res, 200, `<LocationConstraint xmlns="${NAMESPACE}">${region}</LocationConstraint>`);
}

/** GetBucketVersioning: whatever the template says, the latest version is all there is. */
export function bucketVersioning(call: S3Call): void {
  bucketOf(call);
  call.gate.require('s3:GetBucketVersioning', { bucket: call.bucketName });
  sendXml(call.res, 200, element('VersioningConfiguration', [], NAMESPACE));
}
