import { Duration } from 'aws-cdk-lib';

/** How long access and ID tokens are good unless said otherwise. */
export const DEFAULT_TOKEN_VALIDITY = Duration.minutes(60);

const ONE_DAY = Duration.days(1);

/**
 * How long somebody stays signed in unless said otherwise: a day, or twice as long as tokens are good where that is longer, so
 * that there is something to refresh them with when they end.
 */
export function defaultRefreshTokenValidity(tokenValidity: Duration = DEFAULT_TOKEN_VALIDITY): Duration {
  // A value that only the deployment has cannot be compared.
  if (tokenValidity.isUnresolved()) return ONE_DAY;
  return Duration.seconds(Math.max(ONE_DAY.toSeconds(), 2 * tokenValidity.toSeconds()));
}
