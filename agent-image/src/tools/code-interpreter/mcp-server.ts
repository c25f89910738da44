import { createSdkMcpServer, type McpSdkServerConfigWithInstance, tool } from '@anthropic-ai/claude-agent-sdk';
import type { Log } from '../../log.ts';
import { callIdIn, sendingAlong } from '../call-context.ts';
import { callTool, TOOL_CALL_MS } from './call-tool.ts';
import { copyTools } from './copy-tools.ts';
import type { InterpreterSession } from './interpreter-session.ts';
import { runTools } from './run-tools.ts';

/** What the agent process waits beyond the bound of a call, in milliseconds, so that the tool itself can say it. */
const GRACE_MS = 10_000;

const INSTRUCTIONS = [
  'The code interpreter is a sandbox of its own: it shares no files with the workspace, and Read and Write do not see its files.',
  'copy_to_interpreter and copy_from_interpreter move files between the two; only the workspace is kept.',
  'Its session may end, and a result then says that a new, empty one has taken its place.',
].join(' ');

export type TraceHeadersOfCall = (callId: string | undefined) => Readonly<Record<string, string>>;

/**
 * The tools of a code interpreter, as a server in this process. It serves one agent process: the next one needs another
 * server over the same session.
 *
 * @param workspace absolute path of the workspace
 * @param traceHeaders what requests for a call send along, by the SDK's id of the call
 */
export function codeInterpreterServer(
  session: Pick<InterpreterSession, 'call'>,
  workspace: string,
  log: Log,
  traceHeaders: TraceHeadersOfCall,
): McpSdkServerConfigWithInstance {
  return createSdkMcpServer({
    name: 'ci',
    instructions: INSTRUCTIONS,
    alwaysLoad: true,
    timeout: TOOL_CALL_MS + GRACE_MS,
    tools: [...runTools(session), ...copyTools(session, workspace)].map((one) =>
      tool(
        one.name,
        one.description,
        one.input,
        (input, extra) => sendingAlong(traceHeaders(callIdOf(extra)), () => callTool(one, input, extra, log)),
        { annotations: { readOnlyHint: one.readOnly } },
      ),
    ),
  });
}

/** `extra`: what MCP gives to handlers. */
function callIdOf(extra: unknown): string | undefined {
  return typeof extra === 'object' && extra !== null && '_meta' in extra ? callIdIn(extra._meta) : undefined;
}
