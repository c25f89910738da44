import type { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import type { IObservedAgent } from './observed';

/** Where metrics are; empty where that is only known at deployment, and so where the dashboard is. */
export type Place = Pick<cloudwatch.MetricOptions, 'account' | 'region'>;

/** Where the metrics of an agent are: an imported one can be in another account or Region. */
export function placeOf(agent: IObservedAgent): Place {
  const { account, region } = agent.metricInvocations();
  return { ...(account === undefined ? {} : { account }), ...(region === undefined ? {} : { region }) };
}

/** The search there, and not where the dashboard is. */
export function searchIn({ account, region }: Place, search: cloudwatch.SearchExpression): cloudwatch.SearchExpression {
  return search.with({
    ...(account === undefined ? {} : { searchAccount: account }),
    ...(region === undefined ? {} : { searchRegion: region }),
  });
}
