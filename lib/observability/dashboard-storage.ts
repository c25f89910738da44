import { aws_cloudwatch as cloudwatch, Duration } from 'aws-cdk-lib';
import { AgentMetrics } from '../metrics/agent-metrics';
import { type Dimensions, type MetricDefinition, metricOf } from '../metrics/metric';
import {
  bucketObjectDimensions,
  bucketSizeDimensions,
  StorageMetrics,
  tableDimensions,
} from '../metrics/storage-metrics';
import { metricAt, metricOfResource } from '../private/arn-environment';
import { type Graph, graphRow, headingWidget, type RowText } from './dashboard-widgets';
import type { IObservedAgent, IObservedSessionTable, IObservedWorkspace } from './observed';
import { ownMetric } from './own-metrics';

const TEXT: RowText = {
  title: 'Storage',
  description:
    'Bringing sessions back and keeping them. **Restore failures**: these sessions could not begin; `WORKSPACE_UNAVAILABLE`, `WORKSPACE_DAMAGED` or `SESSION_UNREADABLE` in the log has the reason. **Flush failures**: what was done since the last flush is lost when the microVM ends; look whether the bucket, its key or the user-scoped role changed. **Times** that grow with **bytes**: workspaces have grown; see `docs/workspace-format.md`.',
};

/** Once a day is all that S3 reports. */
const DAY = Duration.days(1);

/** How long daily figures are looked at: in the hours that a dashboard shows there would be none. */
const FORTNIGHT = Duration.days(14);

/** What sessions leave behind. */
export function storageRow(agent: IObservedAgent, of?: string): cloudwatch.IWidget[][] {
  return [[headingWidget(TEXT, of)], graphRow([failures(agent), times(agent), bytes(agent)])];
}

/** What is kept of all agents. */
export function keptRows(
  workspaces: readonly IObservedWorkspace[],
  sessionTables: readonly IObservedSessionTable[],
): cloudwatch.IWidget[][] {
  return [...workspaces.map(workspaceGraphs), ...sessionTables.map(sessionTableGraphs)].map(graphRow);
}

function workspaceGraphs({ bucket }: IObservedWorkspace): Graph[] {
  const { BUCKET_SIZE, BUCKET_OBJECTS } = StorageMetrics;
  const { bucketName } = bucket;
  const daily = (definition: MetricDefinition, dimensions: Dimensions, label: string): cloudwatch.Metric =>
    metricOfResource(bucket, (place) => metricOf(definition, dimensions, { ...place, period: DAY, label }));
  return [
    {
      title: 'Workspace size',
      unit: 'bytes',
      metrics: [daily(BUCKET_SIZE, bucketSizeDimensions(bucketName), 'Bytes')],
      period: DAY,
      since: FORTNIGHT,
    },
    {
      title: 'Workspace objects',
      unit: 'objects',
      metrics: [daily(BUCKET_OBJECTS, bucketObjectDimensions(bucketName), 'Objects')],
      period: DAY,
      since: FORTNIGHT,
    },
  ];
}

function sessionTableGraphs({ table }: IObservedSessionTable): Graph[] {
  const { TABLE_READS, TABLE_WRITES } = StorageMetrics;
  const units = (definition: MetricDefinition, label: string): cloudwatch.Metric =>
    metricAt(table.tableArn, table, (place) =>
      metricOf(definition, tableDimensions(table.tableName), { ...place, label }),
    );
  return [
    { title: 'Session reads', unit: 'units', metrics: [units(TABLE_READS, 'Read units')] },
    { title: 'Session writes', unit: 'units', metrics: [units(TABLE_WRITES, 'Write units')] },
  ];
}

function failures(agent: IObservedAgent): Graph {
  return {
    title: 'Storage failures',
    unit: 'sessions',
    metrics: [
      ownMetric(agent, AgentMetrics.RESTORE_FAILURES, { label: 'Restore failures', color: cloudwatch.Color.RED }),
      ownMetric(agent, AgentMetrics.FLUSH_FAILURES, { label: 'Flush failures', color: cloudwatch.Color.ORANGE }),
    ],
  };
}

function times(agent: IObservedAgent): Graph {
  return {
    title: 'Storage times',
    unit: 'ms',
    metrics: [
      ownMetric(agent, AgentMetrics.RESTORE_TIME, { label: 'Restore p95' }),
      ownMetric(agent, AgentMetrics.FLUSH_TIME, { label: 'Flush p95' }),
    ],
  };
}

function bytes(agent: IObservedAgent): Graph {
  return {
    title: 'Storage bytes',
    unit: 'bytes',
    metrics: [
      ownMetric(agent, AgentMetrics.RESTORE_BYTES, { label: 'Restored' }),
      ownMetric(agent, AgentMetrics.FLUSH_BYTES, { label: 'Flushed' }),
    ],
  };
}
