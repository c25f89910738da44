import type { Construct } from 'constructs';
import { LogDelivery } from '../logs/log-delivery';
import { LogSource } from '../logs/log-source';
import type { IAgentRuntime } from './agent-runtime-base';
import type { AgentRuntimeProps } from './agent-runtime-props';

/** Delivers what `props` ask for of the logs of a runtime; undefined where that is nothing. */
export function runtimeDelivery(
  runtime: IAgentRuntime & Construct,
  { applicationLogs = false, usageLogs = false, tracing = false, logRetention, logEncryptionKey }: AgentRuntimeProps,
): LogDelivery | undefined {
  if (!applicationLogs && !usageLogs && !tracing) return undefined;
  return new LogDelivery(runtime, 'Delivery', {
    source: LogSource.runtime(runtime),
    applicationLogs,
    usageLogs,
    traces: tracing,
    ...(logRetention === undefined ? {} : { logRetention }),
    ...(logEncryptionKey === undefined ? {} : { logEncryptionKey }),
  });
}
