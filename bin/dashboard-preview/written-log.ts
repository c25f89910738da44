import { existsSync, readFileSync, statSync } from 'node:fs';
import { MetricData, samplesOfEmf } from '../../lib/testing';
import { sessionLogs } from '../local/metrics/session-logs';
import { readAgentLine } from './agent-line';
import { askedAgents } from './graph-lines';
import { PreviewError, type PreviewedApp } from './sources';

/** What agents wrote on this machine. */
export interface WrittenLog {
  readonly metrics: MetricData;
  /** The lines of one agent, or of all where it is left out; in no certain order. */
  linesOf(agentName?: string): readonly string[];
}

/** The log of a session. */
interface SessionLog {
  /** Undefined where it has no metric yet. */
  readonly agentName: string | undefined;
  readonly lines: readonly string[];
}

/**
 * Reads the logs of agents.
 *
 * @param path a file, or a folder whose logs of sessions are read
 * @param since lines that are older are left out; in milliseconds of Unix time
 * @throws PreviewError when no line has a metric that the app's dashboards ask for
 */
export function readWrittenLog(path: string, app: PreviewedApp, since: number): WrittenLog {
  if (!existsSync(path)) {
    throw new PreviewError(`there are no logs at ${path}; run \`npm start\`, talk to the agent, and try again`);
  }
  const files = statSync(path).isDirectory() ? sessionLogs(path) : [path];
  const sessions = files.map((file) => readSession(file, since));
  const log: WrittenLog = {
    metrics: new MetricData(samplesOfEmf(sessions.flatMap(({ lines }) => lines))),
    linesOf: (agentName) =>
      sessions
        .filter((session) => agentName === undefined || session.agentName === agentName)
        .flatMap(({ lines }) => lines),
  };
  const written = new Set(log.metrics.identities.flatMap(({ dimensions }) => dimensions.Agent ?? []));
  const asked = askedAgents(app);
  if (![...asked].some((name) => written.has(name))) {
    const from = new Date(since).toISOString();
    throw new PreviewError(
      `the dashboards ask for metrics of ${[...asked].join(', ') || 'no agent'}, and the logs at ${path} have those of ${[...written].join(', ') || 'none'} since ${from}; talk to the agent of this app, or give an earlier time with --since, and try again`,
    );
  }
  return log;
}

function readSession(file: string, since: number): SessionLog {
  const lines = readFileSync(file, 'utf8').split('\n');
  return {
    agentName: samplesOfEmf(lines).find(({ dimensions }) => dimensions.Agent !== undefined)?.dimensions.Agent,
    lines: lines.filter((text) => (readAgentLine(text)?.time ?? -Infinity) >= since),
  };
}
