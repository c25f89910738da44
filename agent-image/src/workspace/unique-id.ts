import { createHash, randomBytes } from 'node:crypto';

/**
 * A name that no object had before, 22 letters, digits, `-` and `_`. Not of random bytes alone: containers that were
 * restored from one snapshot may draw the same.
 */
export function uniqueId(): string {
  const moment = `${Date.now()} ${process.hrtime.bigint()} ${process.pid}`;
  return createHash('sha256').update(randomBytes(32)).update(moment).digest().toString('base64url', 0, 16);
}
