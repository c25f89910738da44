import type { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { AgentMetrics } from '../metrics/agent-metrics';
import { type MetricDefinition, searchOf } from '../metrics/metric';
import { ModelMetrics } from '../metrics/model-metrics';
import { type Graph, graphRow, headingWidget, type RowText } from './dashboard-widgets';
import type { IObservedAgent } from './observed';
import { ownSearch } from './own-metrics';
import { type Place, placeOf, searchIn } from './place';

const TEXT: RowText = {
  title: 'Models',
  description:
    'The first row is of this agent, by each model that was called; latency and turns by the model of the turn. The second is what Amazon Bedrock reports of the same models, **of all their callers in this account and Region**. **Throttles**: ask for a higher quota of the model, or use a profile of a larger geography. **Client errors**: access to the model was taken away, or a request is malformed. **Server errors**: Bedrock; see the AWS Health Dashboard.',
};

/** Each model that the agent may call. */
export function modelsRow(agent: IObservedAgent, of?: string): cloudwatch.IWidget[][] {
  const rows = [
    [headingWidget(TEXT, of)],
    graphRow([ofAgent(agent, 'TURNS'), ofAgent(agent, 'COST'), ofAgent(agent, 'TURN_LATENCY')]),
  ];
  const ofBedrock = bedrockGraphs(placeOf(agent));
  const names = agent.models?.onBedrock === true ? agent.models.modelNames.flatMap(idsOf) : [];
  return names.length === 0
    ? rows
    : [
        ...rows,
        graphRow([
          ofBedrock('Model calls', 'calls', names, [ModelMetrics.INVOCATIONS]),
          ofBedrock('Model latency', 'ms', names, [ModelMetrics.LATENCY]),
          ofBedrock('Model tokens', 'tokens', names, [ModelMetrics.INPUT_TOKENS, ModelMetrics.OUTPUT_TOKENS]),
          ofBedrock('Model errors', 'calls', names, [
            ModelMetrics.THROTTLES,
            ModelMetrics.CLIENT_ERRORS,
            ModelMetrics.SERVER_ERRORS,
          ]),
        ]),
      ];
}

const OF_AGENT = {
  TURNS: { title: 'Turns by model', unit: 'turns' },
  COST: { title: 'Cost by model', unit: 'US dollars' },
  TURN_LATENCY: { title: 'Latency by model', unit: 'ms' },
} as const;

function ofAgent(agent: IObservedAgent, metric: keyof typeof OF_AGENT): Graph {
  return { ...OF_AGENT[metric], metrics: [ownSearch(agent, AgentMetrics[metric], ['Model'])] };
}

function bedrockGraphs(place: Place) {
  return (title: string, unit: string, names: string[], definitions: MetricDefinition[]): Graph => ({
    title,
    unit,
    metrics: definitions.map((definition) =>
      searchIn(place, searchOf(definition, { ModelId: names }, { label: definition.metricName })),
    ),
  });
}

/** A call through an inference profile may be reported under its id or under that of the model. */
function idsOf(name: string): string[] {
  const model = name.replace(/^[a-z-]+\.(?=anthropic\.)/, '');
  return model === name ? [name] : [name, model];
}
