import { Duration } from 'aws-cdk-lib';

/** How long access and ID tokens are good unless said otherwise. */
export const DEFAULT_TOKEN_VALIDITY = Duration.minutes(60);

/** How long somebody stays signed in unless said otherwise. */
export const DEFAULT_REFRESH_TOKEN_VALIDITY = Duration.days(1);
