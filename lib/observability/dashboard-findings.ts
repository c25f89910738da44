import { Token } from 'aws-cdk-lib';
import { repeated } from '../private/repeated';
import { nameFindings } from '../private/validation';
import type { AgentDashboardProps } from './agent-dashboard-props';
import { DEFAULT_ENDPOINT } from './dashboard-endpoints';
import { isSameRuntime } from './same-runtime';

/** What a viewer can choose, in seconds. */
export const PERIODS = [60, 300, 900, 3600] as const;

/** What speaks against a dashboard. */
export function dashboardFindings({
  agents,
  endpointNames = [],
  period,
  dashboardName,
}: AgentDashboardProps): string[] {
  const seconds = period?.toSeconds({ integral: false });
  return [
    ...(agents.length === 0 ? ['agents is empty, and the dashboard would be too; give at least one agent'] : []),
    ...agents
      .filter((agent, index) => agents.slice(0, index).some((before) => isSameRuntime(before, agent)))
      .map(({ agentName }) => `agents has "${agentName}" twice; give it once`),
    ...endpointNameFindings(endpointNames),
    ...(seconds === undefined || PERIODS.some((allowed) => allowed === seconds)
      ? []
      : [`period is ${String(seconds)} seconds; give one of ${PERIODS.join(', ')} seconds`]),
    ...(dashboardName === undefined || Token.isUnresolved(dashboardName) || /^[A-Za-z0-9_-]{1,255}$/.test(dashboardName)
      ? []
      : [
          `dashboardName "${dashboardName}" is not a valid name: 1 to 255 letters, digits, "-" and "_"; change it, or leave it out`,
        ]),
  ];
}

function endpointNameFindings(names: readonly string[]): string[] {
  return [
    ...names.flatMap((name) => nameFindings('endpointNames', name)),
    ...repeated(names).map((name) => `endpointNames has "${name}" twice; give it once`),
    ...(names.includes(DEFAULT_ENDPOINT)
      ? [`endpointNames has "${DEFAULT_ENDPOINT}", which is there anyway; leave it out`]
      : []),
  ];
}
