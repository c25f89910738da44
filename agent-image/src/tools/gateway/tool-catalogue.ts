import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import type { Log } from '../../log.ts';
import { shortened } from '../shortened.ts';
import { offeredName, SEARCH_TOOL } from './tool-names.ts';

/**
 * With more tools than these only the search and what it found are offered. Each tool costs tokens in every call of the
 * model, and models choose badly among very many.
 */
export const SEARCH_FROM_TOOLS = 40;

/** Most tools that were found and are still offered: the ones found first go first. */
export const MAX_FOUND_TOOLS = 40;

/** Most tools that are offered where the gateway has no search. */
export const MAX_OFFERED_TOOLS = 200;

/** Longest description that the model gets, in characters, and longest schema, as JSON text. */
const MAX_DESCRIPTION = 4_000;
const MAX_SCHEMA = 50_000;

/** A tool as the agent process is told of it. */
export interface OfferedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Tool['inputSchema'];
  /** Never to be held back behind the tool search of the SDK. */
  readonly _meta: { readonly 'anthropic/alwaysLoad': true };
}

interface Entry {
  /** What the gateway calls it. */
  readonly name: string;
  readonly offered: OfferedTool;
}

/** What a gateway has, and what of it the model is offered. */
export class ToolCatalogue {
  readonly #server: string;
  readonly #log: Log;
  /** By the names under which they are offered. */
  #entries = new Map<string, Entry>();
  /** Names under which tools are offered that a search found, the oldest first. */
  readonly #found = new Set<string>();

  /** @param server name of the MCP server */
  constructor(server: string, log: Log) {
    this.#server = server;
    this.#log = log;
  }

  /** Takes the tools that the gateway has now. */
  replace(tools: readonly Tool[]): void {
    const before = this.#entries;
    this.#entries = new Map();
    for (const tool of tools) this.#add(tool, before);
    for (const name of this.#found) {
      if (!this.#entries.has(name)) this.#found.delete(name);
    }
    const { length } = this.#callable;
    if (!this.#searches && length > MAX_OFFERED_TOOLS) {
      this.#log('warn', 'not all tools of a gateway are offered', {
        ...{ server: this.#server, tools: length, offered: MAX_OFFERED_TOOLS, code: 'GATEWAY_TOOLS_LEFT_OUT' },
        remedy: 'turn on semantic search of the gateway',
      });
    }
  }

  /** Takes tools that a search found; gives the names under which they are offered now. */
  find(tools: readonly Tool[]): readonly OfferedTool[] {
    const found = tools.flatMap((tool) => this.#add(tool, this.#entries) ?? []);
    for (const { name } of found) {
      this.#found.delete(name);
      this.#found.add(name);
    }
    const surplus = [...this.#found].slice(0, Math.max(0, this.#found.size - MAX_FOUND_TOOLS));
    surplus.forEach((name) => this.#found.delete(name));
    return found.filter(({ name }) => this.#found.has(name));
  }

  /** What the model is offered now. */
  get offered(): readonly OfferedTool[] {
    if (this.#searches) {
      const names = [SEARCH_TOOL, ...this.#found];
      return names.flatMap((name) => this.#entries.get(name)?.offered ?? []);
    }
    return this.#callable.slice(0, MAX_OFFERED_TOOLS).map(({ offered }) => offered);
  }

  /** What the gateway calls a tool; undefined when it is not known. */
  gatewayName(offered: string): string | undefined {
    return this.#entries.get(offered)?.name;
  }

  get #searches(): boolean {
    return this.#callable.length > SEARCH_FROM_TOOLS && this.#entries.has(SEARCH_TOOL);
  }

  /** All but the search. */
  get #callable(): readonly Entry[] {
    return [...this.#entries.values()].filter(({ name }) => name !== SEARCH_TOOL);
  }

  #add(tool: Tool, known: ReadonlyMap<string, Entry>): OfferedTool | undefined {
    const name = offeredName(this.#server, tool.name);
    const tell = (message: string, code: string): void => {
      if (known.get(name)?.name !== tool.name)
        this.#log('warn', message, { server: this.#server, tool: tool.name, code });
    };
    const other = this.#entries.get(name);
    if (other !== undefined && other.name !== tool.name) {
      tell('a tool of a gateway is left out: another has its name', 'GATEWAY_TOOL_LEFT_OUT');
      return undefined;
    }
    if (JSON.stringify(tool.inputSchema).length > MAX_SCHEMA) {
      tell('a tool of a gateway is left out: its schema is too long', 'GATEWAY_TOOL_LEFT_OUT');
      return undefined;
    }
    if (name !== tool.name)
      tell(`a tool of a gateway is offered as ${name}: its name is too long`, 'GATEWAY_TOOL_RENAMED');
    const { description = '', inputSchema } = tool;
    const offered: OfferedTool = {
      name,
      description: shortened(description, MAX_DESCRIPTION),
      inputSchema,
      _meta: { 'anthropic/alwaysLoad': true },
    };
    this.#entries.set(name, { name: tool.name, offered });
    return offered;
  }
}
