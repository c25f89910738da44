import { type aws_cloudwatch as cloudwatch, Duration } from 'aws-cdk-lib';
import { graphRow, headingWidget, type RowText } from './dashboard-widgets';
import type { IObservedAgent, IObservedCodeInterpreter } from './observed';

const TEXT: RowText = {
  title: 'Cost drivers',
  description:
    'What AgentCore bills besides model calls, up to an hour late. **GB-hours** far above **vCPU-hours**: sessions wait idle; shorten `idleTimeout`. Neither falls at night: sessions are kept open; look at the clients, and at `maxLifetime`.',
};

/** Usage is reported with such delay that less says nothing. */
const HOUR = Duration.hours(1);

/** Processor and memory of sessions. */
export function costRow(
  agents: readonly IObservedAgent[],
  codeInterpreters: readonly IObservedCodeInterpreter[],
): cloudwatch.IWidget[][] {
  const users = [
    ...agents.map((agent) => ({ of: agent, label: agent.agentName })),
    ...codeInterpreters.map((interpreter) => ({
      of: interpreter,
      label: codeInterpreters.length > 1 ? interpreter.codeInterpreterId : 'Code interpreter',
    })),
  ];
  return [
    [headingWidget(TEXT)],
    graphRow([
      {
        title: 'vCPU hours',
        unit: 'hours',
        metrics: users.map(({ of, label }) => of.metricVcpuHours({ label, period: HOUR })),
        stacked: true,
        period: HOUR,
      },
      {
        title: 'GB hours',
        unit: 'hours',
        metrics: users.map(({ of, label }) => of.metricMemoryGbHours({ label, period: HOUR })),
        stacked: true,
        period: HOUR,
      },
    ]),
  ];
}
