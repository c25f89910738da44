/** How a client of AWS waits for its service. */
export interface ServicePatience {
  readonly maxAttempts: number;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: true;
  };
}

/**
 * Settings of clients of AWS for services that answer in a fraction of a second: a network that swallows packets is not
 * waited for.
 *
 * @param requestTimeout of each of three attempts, in milliseconds
 */
export function quickService(requestTimeout = 5_000): ServicePatience {
  return {
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 2_000, requestTimeout, throwOnRequestTimeout: true },
  };
}
