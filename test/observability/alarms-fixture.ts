import { Duration } from 'aws-cdk-lib';
import { AgentEndpoint, AgentRuntime, EndpointVersion } from '../../lib';
import { AgentAlarms } from '../../lib/observability/agent-alarms';
import type { AgentAlarmsProps } from '../../lib/observability/agent-alarms-props';
import type { AlarmProperties } from '../../lib/testing';
import { resolved } from '../gateway/gateway-fixture';
import { testImage, testStack } from '../support/stack';

export const EVERY_ALARM = { hourlyCostUsd: 20, hourlyTokens: 1_000_000, noTrafficFor: Duration.hours(1) };

/** An agent with alarms, those included that are off by default. */
export function alarmed(
  { endpointName, ...props }: Partial<AgentAlarmsProps> & { readonly endpointName?: string } = {},
  stack = testStack(),
) {
  const agent = new AgentRuntime(stack, 'Agent', { image: testImage(), runtimeName: 'support' });
  const endpoint =
    endpointName === undefined
      ? agent
      : new AgentEndpoint(stack, 'Endpoint', { agent, endpointName, version: EndpointVersion.pinned(1) });
  const alarms = new AgentAlarms(stack, 'Alarms', { agent, endpoint, agentMetrics: true, ...EVERY_ALARM, ...props });
  return {
    stack,
    agent,
    alarms,
    /** The alarms as the template has them, by the id of their construct. */
    get byId(): Map<
      string,
      AlarmProperties & {
        readonly AlarmDescription: string;
        readonly AlarmActions?: string[];
        readonly OKActions?: string[];
      }
    > {
      const ids = alarms.node.children.map(({ node }) => node.id);
      return new Map(
        resolved(stack)
          .resourcesOfType('AWS::CloudWatch::Alarm')
          .map(({ logicalId, properties }) => [
            ids.find((id) => logicalId.startsWith(`Alarms${id}`)) ?? logicalId,
            properties as unknown as AlarmProperties & { AlarmDescription: string },
          ]),
      );
    },
  };
}
