import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { AgentMetrics } from '../metrics/agent-metrics';
import { type Graph, graphRow, headingWidget, type RowText } from './dashboard-widgets';
import type { IObservedAgent } from './observed';
import { ownMetric, ownSearch } from './own-metrics';

const TEXT: RowText = {
  title: 'Health',
  description:
    'What AgentCore saw of the endpoint, and how runs ended. **System errors** are AgentCore\'s: look at the AWS Health Dashboard, then try again. **User errors** are requests that the agent or AgentCore refused, or that broke: see "Warnings and errors" at the bottom, and what callers got. It has no line where the image did not start. **Throttles**: ask for a higher quota of AgentCore Runtime. **Failed runs** answer with status 200 and an error in the stream, so they are in no other graph: their code says why.',
};

/** Whether requests get answers, how many, and how fast. */
export function healthRow(agent: IObservedAgent): cloudwatch.IWidget[][] {
  return [
    [headingWidget(TEXT, agent.agentName)],
    graphRow([traffic(agent), requestErrors(agent), latency(agent)]),
    graphRow([runs(agent), errorsByCode(agent), firstEvent(agent)]),
  ];
}

function traffic(agent: IObservedAgent): Graph {
  return { title: 'Requests', unit: 'requests', metrics: [agent.metricInvocations({ label: 'Requests' })] };
}

function requestErrors(agent: IObservedAgent): Graph {
  return {
    title: 'Request errors',
    unit: 'requests',
    metrics: [
      agent.metricSystemErrors({ label: 'System errors', color: cloudwatch.Color.RED }),
      agent.metricUserErrors({ label: 'User errors', color: cloudwatch.Color.ORANGE }),
      agent.metricThrottles({ label: 'Throttles', color: cloudwatch.Color.PURPLE }),
    ],
  };
}

function latency(agent: IObservedAgent): Graph {
  return {
    title: 'Request latency',
    unit: 'ms',
    metrics: [50, 95, 99].map((part) =>
      agent.metricLatency({ statistic: cloudwatch.Stats.p(part), label: `p${String(part)}` }),
    ),
  };
}

function runs(agent: IObservedAgent): Graph {
  return {
    title: 'Runs',
    unit: 'runs',
    metrics: [
      agent.metricRuns({ label: 'Ended runs' }),
      agent.metricFailedRuns({ label: 'Failed runs', color: cloudwatch.Color.RED }),
    ],
  };
}

function errorsByCode(agent: IObservedAgent): Graph {
  return {
    title: 'Errors by code',
    unit: 'runs',
    metrics: [ownSearch(agent, AgentMetrics.ERRORS, ['Code'])],
    stacked: true,
  };
}

function firstEvent(agent: IObservedAgent): Graph {
  return {
    title: 'First event',
    unit: 'ms',
    metrics: [50, 95, 99].map((part) =>
      ownMetric(agent, AgentMetrics.TIME_TO_FIRST_EVENT, {
        statistic: cloudwatch.Stats.p(part),
        label: `p${String(part)}`,
      }),
    ),
  };
}
