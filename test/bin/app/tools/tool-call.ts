import type { ToolContext, ToolFunction } from '../../../../lib/gateway/tool-handler';

/** What a gateway tells the function `target___name` with a call. */
const context = (name: string): ToolContext => ({
  awsRequestId: 'request-1',
  clientContext: { custom: { bedrockAgentCoreToolName: `target___${name}` } },
  getRemainingTimeInMillis: () => 10_000,
});

/** Calls a handler as a gateway does. */
export const call = (handler: ToolFunction, name: string, input: unknown): Promise<unknown> =>
  handler(input, context(name));

/** What the model reads of a call that failed. */
export const failure = (text: string | RegExp): unknown => ({
  isError: true,
  content: [{ type: 'text', text: typeof text === 'string' ? text : (expect.stringMatching(text) as string) }],
});
