import { Arn, ArnFormat, Token } from 'aws-cdk-lib';

/** The account and Region that an ARN is in; empty where they are only known at deployment. */
export function literalEnvironment(arn: string): { readonly account?: string; readonly region?: string } {
  if (Token.isUnresolved(arn)) return {};
  const { account, region } = Arn.split(arn, ArnFormat.SLASH_RESOURCE_NAME);
  return { ...(account === undefined ? {} : { account }), ...(region === undefined ? {} : { region }) };
}
