import type { McpServerConfig } from '@anthropic-ai/claude-agent-sdk';
import type { AgentConfig } from './config.ts';
import { Conversation } from './conversation.ts';
import type { Definition } from './definition.ts';
import type { LimitMeter, LimitOptions } from './limits.ts';
import type { Log } from './log.ts';
import { sdkOptions, type SdkHooks } from './sdk-options.ts';
import { readSecrets, SecretStore } from './secrets.ts';
import type { SessionKeeper } from './session-keeper.ts';
import type { SessionServers } from './tools/session-servers.ts';
import type { SessionState } from './session-state.ts';
import { InterpreterSession } from './tools/code-interpreter/interpreter-session.ts';
import type { TraceHeadersOfCall } from './tools/code-interpreter/mcp-server.ts';
import { readTranscript } from './transcript.ts';

export interface LauncherOptions {
  readonly config: AgentConfig;
  readonly definition: Definition;
  readonly hooks: SdkHooks;
  readonly limits: LimitMeter;
  /** The session of the code interpreter; the agent has none when missing. */
  readonly interpreter?: InterpreterSession | undefined;
  /** Gateways and connections. */
  readonly servers: SessionServers;
  readonly traceHeaders: TraceHeadersOfCall;
  readonly log: Log;
  /** The SDK's id of the conversation to go on with. */
  readonly conversation: string | undefined;
  readonly onIdentity: (conversation: string) => void;
}

/** The conversation of a session, whose agent processes are started as the deployment says. */
export function createConversation(options: LauncherOptions): Conversation {
  const { config, definition, hooks, limits, interpreter, servers, log, conversation, onIdentity } = options;
  const { traceHeaders } = options;
  let launched: LimitOptions = {};
  const store = new SecretStore(() => readSecrets(config));
  return new Conversation(
    {
      launchOptions: async ({ systemPrompt, model }, resume) => {
        const [read, keys] = await Promise.all([store.get(), servers.apiKeys(definition)]);
        const secrets = { ...read, keys };
        const onStderr = (text: string): void => log('warn', 'the agent process wrote to stderr', { text });
        const { env } = process;
        const ci = interpreter && (await interpreterServer(interpreter, config.workspaceDirectory, log, traceHeaders));
        const ownServers = { ...(await servers.create()), ...(ci && { ci }) };
        const agent = { config, definition, env, secrets, hooks, onStderr, resume, model, systemPrompt };
        const options = sdkOptions({ ...agent, ownServers });
        launched = limits.launchOptions();
        return { ...options, ...launched };
      },
      isOutdated: () => limits.isOutdated(launched),
      transcriptOf: (id) => readTranscript(config.configDirectory, id),
      log,
      onIdentity,
      onRetired: () => store.forget(),
    },
    conversation,
  );
}

/** One for each process: an MCP server is connected once. Loaded here, so that no other agent waits for it. */
async function interpreterServer(
  session: InterpreterSession,
  workspace: string,
  log: Log,
  traceHeaders: TraceHeadersOfCall,
): Promise<McpServerConfig> {
  const { codeInterpreterServer } = await import('./tools/code-interpreter/mcp-server.ts');
  return codeInterpreterServer(session, workspace, log, traceHeaders);
}

/** The session's code interpreter, which goes on where the container before this one left it; undefined without one. */
export function createInterpreterSession(
  { codeInterpreter, region, agentName }: AgentConfig,
  state: SessionState,
  keeper: SessionKeeper,
  log: Log,
): InterpreterSession | undefined {
  if (!codeInterpreter) return undefined;
  return new InterpreterSession({
    ...{ interpreter: codeInterpreter.id, region, agentName, owner: state.owner, sessionId: state.sessionId, log },
    record: state.record.codeInterpreter,
    keep: (record) => {
      state.change({ codeInterpreter: record });
      const { flushes } = keeper;
      return () => keeper.flushes > flushes;
    },
  });
}
