import type { InputSchema } from './gateway-tool';

/** A tool as clients see it. */
export interface ListedTool {
  /** `<target>___<tool>`. */
  readonly name: string;
  readonly description: string;
  readonly inputSchema: InputSchema;
}

/** The tool with which clients search the tools of a gateway. Source: AgentCore developer guide, semantic search. */
export const SEARCH_TOOL: ListedTool = {
  name: 'x_amz_bedrock_agentcore_search',
  description:
    'A special tool that returns a trimmed down list of tools given a context. Use this tool only when there are many tools available and you want to get a subset that matches the provided context.',
  inputSchema: {
    type: 'object',
    properties: { query: { type: 'string', description: 'search query' } },
    required: ['query'],
  },
};

/** AgentCore finds by meaning; words are enough for the few tools of a local run. */
const MAX_FOUND = 10;

/** The tools that share a word with `query`, those that share most first. */
export function searchTools(tools: readonly ListedTool[], query: string): ListedTool[] {
  const wanted = words(query);
  return tools
    .map((tool) => ({ tool, score: overlap(words(`${tool.name} ${tool.description}`), wanted) }))
    .filter(({ score }) => score > 0)
    .sort((left, right) => right.score - left.score)
    .slice(0, MAX_FOUND)
    .map(({ tool }) => tool);
}

function words(text: string): Set<string> {
  const found = text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [];
  // "orders" finds "order".
  return new Set(found.map((word) => word.replace(/s$/, '')));
}

function overlap(found: ReadonlySet<string>, wanted: ReadonlySet<string>): number {
  return [...wanted].filter((word) => found.has(word)).length;
}
