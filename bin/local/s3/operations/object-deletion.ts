import { RequestFault } from '../../http-messages';
import { bucketOf, NAMESPACE, type S3Call } from '../call';
import { readWriteConditions } from '../conditions';
import { childText, element, parseXml, sendXml, textElement } from '../../xml';
import { noVersions } from './object-writing';

/** Source: DeleteObjects, 1,000 keys; a key of 1,024 bytes may be six times as long in XML. */
const MAX_KEYS = 1_000;
const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024;

/** DeleteObject. */
export function deleteObject(call: S3Call): void {
  const bucket = bucketOf(call);
  call.gate.require('s3:DeleteObject', { bucket: call.bucketName, key: call.key });
  bucket.delete(call.key, readWriteConditions(call.req.headers));
  call.res.writeHead(204).end();
}

/** DeleteObjects. Each key is authorized for itself: one that may not be deleted is reported, the others go. */
export async function deleteObjects(call: S3Call): Promise<void> {
  const bucket = bucketOf(call);
  const { headers } = call.req;
  const isChecked =
    headers['content-md5'] !== undefined ||
    Object.keys(headers).some((name) => /^x-amz-(checksum-|trailer$|sdk-checksum-algorithm$)/.test(name));
  if (!isChecked) {
    throw new RequestFault(400, 'InvalidRequest', 'DeleteObjects needs a Content-MD5 or a checksum of its body');
  }
  const document = parseXml(await call.body.text(MAX_DOCUMENT_BYTES));
  const objects = document.children.filter(({ name }) => name === 'Object');
  if (document.name !== 'Delete' || objects.length === 0 || objects.length > MAX_KEYS) {
    throw new RequestFault(400, 'MalformedXML', `expected <Delete> with 1 to ${String(MAX_KEYS)} <Object>`);
  }
  const isQuiet = childText(document, 'Quiet') === 'true';
  const results = objects.flatMap((object) => {
    const key = childText(object, 'Key') ?? '';
    try {
      const version = childText(object, 'VersionId');
      if (version !== undefined && version !== 'null') throw new RequestFault(404, 'NoSuchVersion', noVersions());
      call.gate.require('s3:DeleteObject', { bucket: call.bucketName, key });
      const ifMatch = childText(object, 'ETag');
      bucket.delete(key, ifMatch === undefined ? {} : { ifMatch });
      return isQuiet ? [] : [element('Deleted', [textElement('Key', key)])];
    } catch (error) {
      if (!(error instanceof RequestFault)) throw error;
      const code = error.code === 'AccessDeniedException' ? 'AccessDenied' : error.code;
      return [
        element('Error', [textElement('Key', key), textElement('Code', code), textElement('Message', error.message)]),
      ];
    }
  });
  sendXml(call.res, 200, element('DeleteResult', results, NAMESPACE));
}
