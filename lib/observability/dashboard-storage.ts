import { aws_cloudwatch as cloudwatch, Duration, type ResourceEnvironment, Token } from 'aws-cdk-lib';
import { AgentMetrics } from '../metrics/agent-metrics';
import { metricOf } from '../metrics/metric';
import {
  bucketObjectDimensions,
  bucketSizeDimensions,
  StorageMetrics,
  tableDimensions,
} from '../metrics/storage-metrics';
import { literalEnvironment } from '../private/arn-environment';
import { type Graph, graphRow, headingWidget, type RowText } from './dashboard-widgets';
import type { IObservedAgent, IObservedSessionTable, IObservedWorkspace } from './observed';
import { ownMetric } from './own-metrics';
import type { Place } from './place';

const TEXT: RowText = {
  title: 'Storage',
  description:
    'Bringing sessions back and keeping them. **Restore failures**: these sessions could not begin; `RESTORE_FAILED` in the log has the reason. **Flush failures**: what was done since the last flush is lost when the microVM ends; look whether the bucket, its key or the user-scoped role changed. **Times** that grow with **bytes**: workspaces have grown; see `docs/workspace-format.md`.',
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

function workspaceGraphs({ bucket: { bucketName, env } }: IObservedWorkspace): Graph[] {
  const { BUCKET_SIZE, BUCKET_OBJECTS } = StorageMetrics;
  const options = { ...literalPlace(env), period: DAY };
  return [
    {
      title: 'Workspace size',
      unit: 'bytes',
      metrics: [metricOf(BUCKET_SIZE, bucketSizeDimensions(bucketName), { ...options, label: 'Bytes' })],
      period: DAY,
      since: FORTNIGHT,
    },
    {
      title: 'Workspace objects',
      unit: 'objects',
      metrics: [metricOf(BUCKET_OBJECTS, bucketObjectDimensions(bucketName), { ...options, label: 'Objects' })],
      period: DAY,
      since: FORTNIGHT,
    },
  ];
}

/** The ARN of a bucket says neither. */
function literalPlace({ account, region }: ResourceEnvironment): Place {
  return {
    ...(Token.isUnresolved(account) ? {} : { account }),
    ...(Token.isUnresolved(region) ? {} : { region }),
  };
}

function sessionTableGraphs({ table: { tableName, tableArn } }: IObservedSessionTable): Graph[] {
  const { TABLE_READS, TABLE_WRITES } = StorageMetrics;
  const dimensions = tableDimensions(tableName);
  const options = literalEnvironment(tableArn);
  return [
    {
      title: 'Session reads',
      unit: 'units',
      metrics: [metricOf(TABLE_READS, dimensions, { ...options, label: 'Read units' })],
    },
    {
      title: 'Session writes',
      unit: 'units',
      metrics: [metricOf(TABLE_WRITES, dimensions, { ...options, label: 'Write units' })],
    },
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
