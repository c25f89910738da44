import type { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { headingWidget, logTable, type RowText } from './dashboard-widgets';
import { LOG_QUERIES, type LogQuery } from './log-queries';
import type { IObservedAgent } from './observed';

const TEXT: RowText = {
  title: 'From the log',
  description:
    'What is behind the graphs: take a `session_id` or `run_id` from here and search the log for it. Neither prompts nor answers are in these lines.',
};

/** Single occurrences. The lines of metrics have them as fields. */
export function logsRow(agent: IObservedAgent): cloudwatch.IWidget[][] {
  const table = ({ title, commands }: LogQuery): cloudwatch.IWidget =>
    logTable(title, `/aws/bedrock-agentcore/runtimes/${agent.runtimeId}-DEFAULT`, [...commands]);
  return [
    [headingWidget(TEXT)],
    [table(LOG_QUERIES.SLOWEST_TURNS), table(LOG_QUERIES.ERRORS_BY_CODE)],
    [table(LOG_QUERIES.TOP_TOOLS), table(LOG_QUERIES.DEAREST_SESSIONS)],
  ];
}
