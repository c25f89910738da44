import { CfnResource, Reference, type ResourceEnvironment, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { aws_cloudwatch as cloudwatch, IResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** An account and a Region; what is left out is only known at deployment. */
export type KnownEnvironment = Partial<ResourceEnvironment>;

/** The account and Region that an ARN says; empty where it is a token, and without the account for what AWS owns. */
function literalEnvironment(arn: string): KnownEnvironment {
  if (Token.isUnresolved(arn)) return {};
  const [, , , region = '', account = ''] = arn.split(':');
  return {
    // Of what AWS owns it is `aws`; the metrics are in the account that uses it.
    ...(account === '' || account === 'aws' ? {} : { account }),
    ...(region === '' ? {} : { region }),
  };
}

/** What of an environment is known at synthesis. */
export function knownEnvironment({ account, region }: ResourceEnvironment): KnownEnvironment {
  return {
    ...(Token.isUnresolved(account) ? {} : { account }),
    ...(Token.isUnresolved(region) ? {} : { region }),
  };
}

/**
 * The account and Region that something is in: those that its ARN says, and otherwise those of the stack that deploys it.
 *
 * @param scope what stands for it, for an ARN that belongs to no resource of the app
 */
export function environmentOf(arn: string, scope?: IConstruct): KnownEnvironment {
  const owner = resourceOf(arn) ?? scope;
  return { ...(owner === undefined ? {} : knownEnvironment(Stack.of(owner))), ...literalEnvironment(arn) };
}

/**
 * A metric of what has this ARN: a dashboard or an alarm in another account or Region asks for it where that is.
 *
 * @param scope what stands for it, for an ARN that belongs to no resource of the app
 * @param define makes the metric, with the account and Region that the ARN says
 */
export function metricAt(
  arn: string,
  scope: IConstruct,
  define: (place: KnownEnvironment) => cloudwatch.Metric,
): cloudwatch.Metric {
  return define(literalEnvironment(arn)).attachTo(resourceOf(arn) ?? scope);
}

/** A metric of a resource, as {@link metricAt}: for what has an ARN that says neither account nor Region. */
export function metricOfResource(
  resource: IResource,
  define: (place: Partial<ResourceEnvironment>) => cloudwatch.Metric,
): cloudwatch.Metric {
  const { account, region } = resource.env;
  const own = Stack.of(resource);
  const place = { ...(account === own.account ? {} : { account }), ...(region === own.region ? {} : { region }) };
  return define(place).attachTo(resource);
}

/** How two environments differ, as far as both are known. */
export function differences(
  there: KnownEnvironment,
  here: KnownEnvironment,
): { readonly what: 'account' | 'Region'; readonly there: string; readonly here: string }[] {
  const places = [
    { what: 'Region', there: there.region, here: here.region },
    { what: 'account', there: there.account, here: here.account },
  ] as const;
  return places.flatMap(({ what, there: one, here: other }) =>
    one === undefined || other === undefined || one === other ? [] : [{ what, there: one, here: other }],
  );
}

/** The resource of the app that an ARN is of; undefined for a literal one, an imported value or a parameter. */
export function resourceOf(arn: string): IConstruct | undefined {
  return Tokenization.reverseString(arn)
    .tokens.flatMap((token) => (Reference.isReference(token) ? [token.target] : []))
    .find((target) => CfnResource.isCfnResource(target));
}
