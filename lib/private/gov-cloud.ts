import type { Stack } from 'aws-cdk-lib';

/**
 * Whether a stack is in AWS GovCloud (US), where some services have names of their own. One whose Region is not known at
 * synthesis is taken for a stack outside of it; `env: { region: 'us-gov-west-1' }` says where it is.
 */
export function isInGovCloud({ region }: Pick<Stack, 'region'>): boolean {
  return region.startsWith('us-gov-');
}
