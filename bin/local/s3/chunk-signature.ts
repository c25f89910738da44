import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { RequestFault } from '../http-messages';
import type { SignatureClaim } from '../sigv4';
import type { ChunkVerifier } from './aws-chunked';

const EMPTY_SHA256 = createHash('sha256').digest('hex');

/**
 * Verifies signed chunks: each signature covers the one before, so that nothing can be left out or moved.
 *
 * @param claim the signature of the request, which is the first of the chain
 * @param timestamp the request's `x-amz-date`
 */
export function chunkVerifier(claim: SignatureClaim, timestamp: string, secretAccessKey: string): ChunkVerifier {
  const { date, region, service } = claim;
  const scope = `${date}/${region}/${service}/aws4_request`;
  const key = [date, region, service, 'aws4_request'].reduce<Buffer>(hmac, Buffer.from(`AWS4${secretAccessKey}`));
  let previous = claim.signature;
  const verify = (algorithm: string, hashes: readonly string[], signature = ''): void => {
    const expected = hmac(key, [algorithm, timestamp, scope, previous, ...hashes].join('\n')).toString('hex');
    if (signature.length !== expected.length || !timingSafeEqual(Buffer.from(signature), Buffer.from(expected))) {
      throw new RequestFault(
        403,
        'SignatureDoesNotMatch',
        'the signature of a chunk of the body is missing or not valid; check the secret key',
      );
    }
    previous = expected;
  };
  return {
    verifyChunk: (sha256, signature) => {
      verify('AWS4-HMAC-SHA256-PAYLOAD', [EMPTY_SHA256, sha256], signature);
    },
    verifyTrailers: (trailers, signature) => {
      verify('AWS4-HMAC-SHA256-TRAILER', [createHash('sha256').update(trailers).digest('hex')], signature);
    },
  };
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
