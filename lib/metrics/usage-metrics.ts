import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { AGENTCORE_NAMESPACE, type Dimensions, familyOf, MetricStanding } from './metric';

const usageMetric = familyOf({
  namespace: AGENTCORE_NAMESPACE,
  dimensionSets: [['Service'], ['Service', 'Resource'], ['Service', 'Resource', 'Name']],
  standing: MetricStanding.DOCUMENTED,
  source: 'AgentCore generated runtime observability data',
});

/** What sessions of runtimes and built-in tools are paid by. Up to an hour late. */
export const UsageMetrics = {
  VCPU_HOURS: usageMetric('CPUUsed-vCPUHours', cloudwatch.Unit.NONE, cloudwatch.Stats.SUM),
  MEMORY_GB_HOURS: usageMetric('MemoryUsed-GBHours', cloudwatch.Unit.NONE, cloudwatch.Stats.SUM),
} as const;

/** Whose usage it is. */
export enum UsageService {
  RUNTIME = 'AgentCore.Runtime',
  CODE_INTERPRETER = 'AgentCore.CodeInterpreter',
  BROWSER = 'AgentCore.Browser',
}

/**
 * The usage of one resource.
 *
 * @param resource the ARN of a runtime, the id of a tool
 */
export function usageDimensions(service: UsageService, resource: string): Dimensions {
  return { Service: service, Resource: resource };
}
