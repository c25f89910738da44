import { constants } from 'node:os';
import { join } from 'node:path';
import { type AgentConfig, ConfigError, prepareDirectories, readConfig } from './config.ts';
import { readDefinition } from './definition.ts';
import { createLog } from './log.ts';
import { Metrics } from './metrics.ts';
import { AgentServer } from './server.ts';
import { Session } from './session.ts';
import { SessionHost } from './session-host.ts';
import type { Tracing } from './tracing/tracing.ts';
import { SessionTokens } from './user-identity/request-tokens.ts';
import { openWorkspace } from './workspace/open-workspace.ts';

/** AgentCore does not say how long it waits after SIGTERM; a stop that takes longer than this is cut short. */
const STOP_DEADLINE_MS = 8_000;

/** Beside `dist`, where the image has it. */
const BUILT_IN_DEFINITION = join(import.meta.dirname, '..', 'definition');

const log = createLog();

process.on('uncaughtException', (error) => {
  log('error', 'the agent server failed', { detail: error.stack });
  process.exit(1);
});

function start(): void {
  const config = readConfig(process.env);
  const { definitionDirectory, secrets } = config;
  const isAskedFor = definitionDirectory !== undefined;
  const definition = readDefinition(definitionDirectory ?? BUILT_IN_DEFINITION, isAskedFor, secrets, config);
  prepareDirectories(config);
  const tokens = new SessionTokens();
  const opening = openWorkspace(config, log, tokens);
  const metrics = new Metrics({ namespace: config.metricsNamespace, agentName: config.agentName });
  const tracing = openTracing(config);
  const host = new SessionHost({
    config,
    tokens,
    openSession: async (id, user) => {
      const workspace = await opening;
      const onFenced = (): void => stop('another container goes on with the session', 1);
      const sessionLog = createLog({ session_id: id });
      const spans = (await tracing)?.session(id);
      const measured = { metrics, spans, log: sessionLog };
      return Session.open({ id, user, config, definition, workspace, tokens, onFenced, ...measured });
    },
  });
  const server = new AgentServer({ host, authorizer: config.authorizer, userAccess: config.userAccess, log });

  server.http.on('error', (error: NodeJS.ErrnoException) => {
    const where = `${config.host}:${config.port}`;
    log('error', `cannot listen on ${where} (${error.code ?? error.message}): set HOST and PORT to a free address`);
    process.exit(1);
  });
  server.http.listen(config.port, config.host, () => {
    const address = server.http.address();
    const port = typeof address === 'object' && address ? address.port : config.port;
    log('info', 'listening', { host: config.host, port, region: config.region, model: config.models.main });
  });

  let stopping = false;
  const stop = (reason: string, exitCode: number): void => {
    if (stopping) {
      return;
    }
    stopping = true;
    log('info', 'stopping', { reason });
    setTimeout(() => {
      log('warn', 'the stop took too long and is cut short', { deadline_ms: STOP_DEADLINE_MS });
      process.exit(exitCode);
    }, STOP_DEADLINE_MS);
    void server.stop().then(async () => {
      await (await tracing)?.close();
      log('info', 'stopped');
      process.exit(exitCode);
    });
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) {
        process.exit(128 + constants.signals[signal]);
      }
      stop(signal, 0);
    });
  }
}

/** Loaded here, so that no other agent waits for it; undefined without it. */
async function openTracing(config: AgentConfig): Promise<Tracing | undefined> {
  if (!config.tracing) return undefined;
  const { Tracing: Own } = await import('./tracing/tracing.ts');
  return Own.open(config, config.tracing, log);
}

try {
  start();
} catch (error) {
  log('error', error instanceof ConfigError ? error.message : String(error));
  process.exitCode = 1;
}
