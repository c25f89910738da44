import type { Interrupt } from '../../../agent-image/src/protocol';

/** A question about a tool call. */
export function interruptOf(toolCallId: string): Interrupt {
  return {
    ...{ id: `question-${toolCallId}`, reason: 'tool_call', toolCallId, message: 'May it?', responseSchema: {} },
    ...{ expiresAt: '2030-01-01T00:00:00.000Z', metadata: { tool_name: 'a tool', input: {} } },
  };
}
