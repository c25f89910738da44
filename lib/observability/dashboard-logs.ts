import { type aws_cloudwatch as cloudwatch, Token } from 'aws-cdk-lib';
import { headingWidget, logTable, type RowText } from './dashboard-widgets';
import { LOG_QUERIES, type LogQuery } from './log-queries';
import type { IObservedAgent } from './observed';
import { placeOf } from './place';

const TEXT: RowText = {
  title: 'From the log',
  description:
    'What is behind the graphs: take a `session_id` or `run_id` from here and search the log for it. Neither prompts nor answers are in these lines.',
};

/**
 * Single occurrences. The lines of metrics have them as fields. A widget asks the logs of its own account only, so there is no
 * row for an agent that is known to be in another one.
 *
 * @param dashboardAccount where the dashboard is
 */
export function logsRow(agent: IObservedAgent, dashboardAccount: string, of?: string): cloudwatch.IWidget[][] {
  const { account = dashboardAccount, region } = placeOf(agent);
  if (account !== dashboardAccount && !Token.isUnresolved(dashboardAccount)) return [];
  const table = ({ title, commands }: LogQuery, { isWide = false } = {}): cloudwatch.IWidget =>
    logTable(title, {
      isWide,
      logGroupName: `/aws/bedrock-agentcore/runtimes/${agent.runtimeId}-DEFAULT`,
      queryLines: [...commands],
      ...(region === undefined ? {} : { region }),
    });
  return [
    [headingWidget(TEXT, of)],
    [table(LOG_QUERIES.SLOWEST_TURNS), table(LOG_QUERIES.ERRORS_BY_CODE)],
    [table(LOG_QUERIES.TOP_TOOLS), table(LOG_QUERIES.DEAREST_SESSIONS)],
    // Its messages are long.
    [table(LOG_QUERIES.WARNINGS_AND_ERRORS, { isWide: true })],
  ];
}
