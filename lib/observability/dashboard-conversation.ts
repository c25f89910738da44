import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { AgentMetrics } from '../metrics/agent-metrics';
import { type Graph, figuresRow, graphRow, headingWidget, type RowText } from './dashboard-widgets';
import type { IObservedAgent } from './observed';
import { ownMetric } from './own-metrics';

const TEXT: RowText = {
  title: 'Conversation',
  description:
    'What sessions do and what they cost, of all endpoints of the agent. **Cost** rising faster than **turns**: prompts have grown, or the cache is not hit; compare "Tokens". **Turn latency** rising alone: look at the tools below. **Waiting for permission** rising: people do not answer; consider `PermissionMode.ACCEPT_EDITS`. An empty graph here while "Requests" has data: the agent\'s metrics do not arrive; see `docs/observability.md`.',
};

/** Turns, tokens, money and people. */
export function conversationRow(agent: IObservedAgent, of?: string): cloudwatch.IWidget[][] {
  return [
    [headingWidget(TEXT, of)],
    figuresRow('In this time', [
      ownMetric(agent, AgentMetrics.SESSIONS, { label: 'Sessions' }),
      ownMetric(agent, AgentMetrics.TURNS, { label: 'Turns' }),
      agent.metricCost({ label: 'US dollars' }),
      ownMetric(agent, AgentMetrics.SESSION_DURATION, { label: 'Seconds a session' }),
      ownMetric(agent, AgentMetrics.SESSION_TOKENS, { label: 'Tokens a session' }),
    ]),
    graphRow([turnLatency(agent), tokens(agent), cost(agent), waits(agent)]),
  ];
}

function turnLatency(agent: IObservedAgent): Graph {
  return {
    title: 'Turn latency',
    unit: 'ms',
    metrics: [50, 95, 99].map((part) =>
      ownMetric(agent, AgentMetrics.TURN_LATENCY, {
        statistic: cloudwatch.Stats.p(part),
        label: `p${String(part)}`,
      }),
    ),
  };
}

function tokens(agent: IObservedAgent): Graph {
  return {
    title: 'Tokens',
    unit: 'tokens',
    stacked: true,
    metrics: [
      ownMetric(agent, AgentMetrics.INPUT_TOKENS, { label: 'Read' }),
      ownMetric(agent, AgentMetrics.OUTPUT_TOKENS, { label: 'Written' }),
      ownMetric(agent, AgentMetrics.CACHE_READ_TOKENS, { label: 'Read from cache' }),
      ownMetric(agent, AgentMetrics.CACHE_WRITE_TOKENS, { label: 'Written to cache' }),
    ],
  };
}

function cost(agent: IObservedAgent): Graph {
  return { title: 'Cost', unit: 'US dollars', metrics: [agent.metricCost({ label: 'US dollars' })] };
}

function waits(agent: IObservedAgent): Graph {
  return {
    title: 'Waiting for permission',
    unit: 'ms',
    metrics: [
      ownMetric(agent, AgentMetrics.PERMISSION_WAIT, { label: 'Average' }),
      ownMetric(agent, AgentMetrics.PERMISSION_WAIT, { statistic: cloudwatch.Stats.p(95), label: 'p95' }),
    ],
  };
}
