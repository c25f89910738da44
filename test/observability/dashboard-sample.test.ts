import { App } from 'aws-cdk-lib';
import cdkJson from '../../cdk.json';
import { ClaudeAgentStack } from '../../bin/app/claude-agent-stack';
import { MetricStanding } from '../../lib/metrics/metric';
import { alarmQueries, type AlarmProperties } from '../../lib/testing';
import { resolved } from '../gateway/gateway-fixture';
import { askedFor, dashboardBodies, definitionsOf } from './dashboard-fixture';

const app = new App({ context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] } });
const stack = new ClaudeAgentStack(app, 'ClaudeAgentStack');

test('every graph of the sample asks for what is in the vocabulary', () => {
  const asked = dashboardBodies(stack).flatMap(askedFor);
  expect(asked.length).toBeGreaterThan(60);
  const unknown = asked.filter(({ query }) => definitionsOf(query, 'ClaudeAgents').length === 0);
  expect(unknown).toEqual([]);
});

test('every alarm of the sample watches what is documented, or what the agent writes', () => {
  const alarms = resolved(stack).resourcesOfType('AWS::CloudWatch::Alarm');
  expect(alarms.length).toBeGreaterThan(5);
  const uncertain = alarms.flatMap(({ logicalId, properties }) =>
    alarmQueries(properties as unknown as AlarmProperties)
      .filter((query) => 'metric' in query)
      .filter((query) =>
        definitionsOf(query, 'ClaudeAgents').every(({ standing }) => standing !== MetricStanding.DOCUMENTED),
      )
      .map((query) => ({ logicalId, query })),
  );
  expect(uncertain).toEqual([]);
});
