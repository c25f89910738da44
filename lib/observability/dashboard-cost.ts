import { type aws_cloudwatch as cloudwatch, Duration } from 'aws-cdk-lib';
import { type MetricDefinition, metricOf } from '../metrics/metric';
import { usageDimensions, UsageMetrics, UsageService } from '../metrics/usage-metrics';
import { metricAt } from '../private/arn-environment';
import { graphRow, headingWidget, type RowText } from './dashboard-widgets';
import type { IObservedAgent, IObservedBrowser, IObservedCodeInterpreter } from './observed';

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
  browsers: readonly IObservedBrowser[],
): cloudwatch.IWidget[][] {
  const users = [
    ...agents.map((agent) => ({ of: agent, label: agent.agentName })),
    ...codeInterpreters.map((interpreter) => ({
      of: interpreter,
      label: codeInterpreters.length > 1 ? interpreter.codeInterpreterId : 'Code interpreter',
    })),
    ...browsers.map((browser) => ({
      of: usageOf(browser),
      label: browsers.length > 1 ? browser.browserId : 'Browser',
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

/** The usage of a browser, which the L2 does not tell. */
function usageOf(browser: IObservedBrowser): Pick<IObservedCodeInterpreter, 'metricVcpuHours' | 'metricMemoryGbHours'> {
  const usage = (definition: MetricDefinition) => (options?: cloudwatch.MetricOptions) => {
    const dimensions = usageDimensions(UsageService.BROWSER, browser.browserId);
    return metricAt(browser.browserArn, browser, (place) => metricOf(definition, dimensions, { ...place, ...options }));
  };
  return { metricVcpuHours: usage(UsageMetrics.VCPU_HOURS), metricMemoryGbHours: usage(UsageMetrics.MEMORY_GB_HOURS) };
}
