import type { OutboundCredential } from './outbound-requests';

/** For targets that everyone may call. */
export const NO_CREDENTIAL: OutboundCredential = {
  authorize: (request) => Promise.resolve(request),
  hide: (text) => text,
};
