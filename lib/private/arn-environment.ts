import { Arn, ArnFormat, Token } from 'aws-cdk-lib';

/** The account and Region that an ARN is in; empty where they are only known at deployment, and without the account for what AWS owns. */
export function literalEnvironment(arn: string): { readonly account?: string; readonly region?: string } {
  if (Token.isUnresolved(arn)) return {};
  const { account, region } = Arn.split(arn, ArnFormat.SLASH_RESOURCE_NAME);
  return {
    // Of what AWS owns it is `aws`; the metrics are in the account that uses it.
    ...(account === undefined || account === 'aws' ? {} : { account }),
    ...(region === undefined ? {} : { region }),
  };
}
