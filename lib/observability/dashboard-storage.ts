import { aws_cloudwatch as cloudwatch, Duration } from 'aws-cdk-lib';
import { AgentMetrics } from '../metrics/agent-metrics';
import { metricOf } from '../metrics/metric';
import {
  bucketObjectDimensions,
  bucketSizeDimensions,
  StorageMetrics,
  tableDimensions,
} from '../metrics/storage-metrics';
import { type Graph, graphRow, headingWidget, type RowText } from './dashboard-widgets';
import type { IObservedAgent, IObservedSessionTable, IObservedWorkspace } from './observed';
import { ownMetric } from './own-metrics';

const TEXT: RowText = {
  title: 'Storage',
  description:
    'Bringing sessions back and keeping them. **Restore failures**: these sessions could not begin; `RESTORE_FAILED` in the log has the reason. **Flush failures**: what was done since the last flush is lost when the microVM ends; look whether the bucket, its key or the user-scoped role changed. **Times** that grow with **bytes**: workspaces have grown; see `docs/workspace-format.md`.',
};

/** Once a day is all that S3 reports. */
const DAY = Duration.days(1);

/** What sessions leave behind. */
export function storageRow(agent: IObservedAgent): cloudwatch.IWidget[][] {
  return [[headingWidget(TEXT)], graphRow([failures(agent), times(agent), bytes(agent)])];
}

/** What is kept of all agents. */
export function keptRows(
  workspaces: readonly IObservedWorkspace[],
  sessionTables: readonly IObservedSessionTable[],
): cloudwatch.IWidget[][] {
  return [...workspaces.map(workspaceGraphs), ...sessionTables.map(sessionTableGraphs)].map(graphRow);
}

function workspaceGraphs({ bucket: { bucketName } }: IObservedWorkspace): Graph[] {
  const { BUCKET_SIZE, BUCKET_OBJECTS } = StorageMetrics;
  return [
    {
      title: 'Workspace size',
      unit: 'bytes',
      metrics: [metricOf(BUCKET_SIZE, bucketSizeDimensions(bucketName), { period: DAY, label: 'Bytes' })],
      period: DAY,
    },
    {
      title: 'Workspace objects',
      unit: 'objects',
      metrics: [metricOf(BUCKET_OBJECTS, bucketObjectDimensions(bucketName), { period: DAY, label: 'Objects' })],
      period: DAY,
    },
  ];
}

function sessionTableGraphs({ table: { tableName } }: IObservedSessionTable): Graph[] {
  const { TABLE_READS, TABLE_WRITES } = StorageMetrics;
  const dimensions = tableDimensions(tableName);
  return [
    { title: 'Session reads', unit: 'units', metrics: [metricOf(TABLE_READS, dimensions, { label: 'Read units' })] },
    { title: 'Session writes', unit: 'units', metrics: [metricOf(TABLE_WRITES, dimensions, { label: 'Write units' })] },
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
