import { setTimeout as delay } from 'node:timers/promises';
import type { GatewayConfig } from '../../config/gateways.ts';
import type { Log } from '../../log.ts';
import type { SessionTokens } from '../../user-identity/request-tokens.ts';
import { boundedCall, textReply, type ToolReply } from '../bounded-call.ts';
import { errorName } from '../error-name.ts';
import { shortened } from '../shortened.ts';
import type { GatewayApi } from './gateway-api.ts';
import { GatewayFault, policyFaultIn } from './gateway-fault.ts';
import type { GatewayMeter } from './gateway-meter.ts';
import { type OfferedTool, ToolCatalogue } from './tool-catalogue.ts';
import { modelName, SEARCH_TOOL } from './tool-names.ts';

/** How long the list of tools may take, in milliseconds. */
const LIST_MS = 30_000;

/**
 * How long a person's first prompt waits for the list, in milliseconds; the tools of a slower gateway come while the model
 * is at work, or with the next turn.
 */
const FIRST_LIST_MS = 5_000;

/** After how long the list is read again, in milliseconds. */
const LIST_AGE_MS = 5 * 60_000;

export interface GatewayToolsOptions {
  readonly gateway: GatewayConfig;
  /** Of the agent: that of a gateway whose address names none. */
  readonly region: string;
  readonly tokens: SessionTokens;
  readonly meter: GatewayMeter;
  readonly log: Log;
  /** Milliseconds since 1970; the machine's clock by default. */
  readonly now?: () => number;
}

/** The tools of one gateway in one session; agent processes come and go over it. */
export class GatewayTools {
  readonly name: string;
  readonly #options: GatewayToolsOptions;
  readonly #catalogue: ToolCatalogue;
  readonly #onChange = new Set<() => void>();
  #api: Promise<GatewayApi> | undefined;
  #reading: Promise<void> | undefined;
  #readAt: number | undefined;
  #failed: string | undefined;

  constructor(options: GatewayToolsOptions) {
    this.#options = options;
    this.name = options.gateway.name;
    this.#catalogue = new ToolCatalogue(this.name, options.log);
  }

  /**
   * What the model is offered; read from the gateway when it never was. Empty when that fails, which the log tells, or
   * takes too long.
   */
  async list(): Promise<readonly OfferedTool[]> {
    if (this.#readAt === undefined) await Promise.race([this.#read(), delay(FIRST_LIST_MS, undefined, { ref: false })]);
    return this.#catalogue.offered;
  }

  /** Has the list read again when it is old or was never read: before each turn. Waits for nothing. */
  refresh(): void {
    const { now = Date.now } = this.#options;
    if (this.#readAt === undefined || now() - this.#readAt > LIST_AGE_MS) void this.#read();
  }

  /** Has `listener` called whenever other tools are offered; gives what ends that. */
  onChange(listener: () => void): () => void {
    this.#onChange.add(listener);
    return () => void this.#onChange.delete(listener);
  }

  /**
   * Calls a tool by the name under which it is offered; never rejects.
   *
   * @param callId the SDK's id of the call, for the trace
   */
  call(tool: string, args: Record<string, unknown>, cancelled: AbortSignal, callId?: string): Promise<ToolReply> {
    const names = { server: this.name, tool };
    return boundedCall(names, cancelled, this.#options.log, async (signal) => {
      const gatewayName = this.#catalogue.gatewayName(tool);
      if (gatewayName === undefined) throw new GatewayFault('GATEWAY_TOOL_UNKNOWN', 'it is not in the list');
      return this.#options.meter.gatewayCall({ server: this.name, tool: gatewayName, callId }, () =>
        gatewayName === SEARCH_TOOL ? this.#search(args, signal) : this.#forward(gatewayName, args, signal),
      );
    });
  }

  async close(): Promise<void> {
    await (await this.#api?.catch(() => undefined))?.close();
  }

  async #forward(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<ToolReply> {
    const [api, { replyOf }] = await Promise.all([this.#opened(), import('./gateway-result.ts')]);
    try {
      const result = await api.callTool(name, args, signal);
      const refusal = policyFaultIn(result);
      if (refusal) throw refusal;
      return replyOf(result);
    } catch (error) {
      // The list is older than what the gateway has.
      if (error instanceof GatewayFault && error.code === 'GATEWAY_TOOL_UNKNOWN') this.#readAt = undefined;
      throw error;
    }
  }

  /** Has the tools that are found offered from now on, and tells the model under which names. */
  async #search(args: Record<string, unknown>, signal: AbortSignal): Promise<ToolReply> {
    const [api, { replyOf, toolsFound }] = await Promise.all([this.#opened(), import('./gateway-result.ts')]);
    const result = await api.callTool(SEARCH_TOOL, args, signal);
    if (result.isError) return replyOf(result);
    const found = this.#catalogue.find(toolsFound(result).filter(({ name }) => name !== SEARCH_TOOL));
    if (found.length === 0) return textReply('No tool was found. Search with other words, or do without.');
    this.#changed();
    const lines = found.map(({ name, description }) => `- ${modelName(this.name, name)}: ${firstLine(description)}`);
    return textReply(['These tools are offered to you from now on:', ...lines].join('\n'));
  }

  async #read(): Promise<void> {
    const reading = (this.#reading ??= this.#readList());
    await reading;
  }

  async #readList(): Promise<void> {
    const { log, now = Date.now } = this.#options;
    const before = JSON.stringify(this.#catalogue.offered);
    try {
      const api = await this.#opened();
      const tools = await api.listTools(AbortSignal.timeout(LIST_MS));
      this.#catalogue.replace(tools);
      this.#readAt = now();
      this.#failed = undefined;
      const { length } = this.#catalogue.offered;
      log('info', 'the tools of a gateway were read', { server: this.name, tools: tools.length, offered: length });
    } catch (error) {
      const { code, detail } =
        error instanceof GatewayFault ? error : { code: 'GATEWAY_FAILED', detail: errorName(error) };
      // Tried again before each turn: the same reason is told once.
      if (this.#failed !== code)
        log('warn', 'the tools of a gateway cannot be read', { server: this.name, code, detail });
      this.#failed = code;
    } finally {
      this.#reading = undefined;
    }
    if (JSON.stringify(this.#catalogue.offered) !== before) this.#changed();
  }

  #changed(): void {
    this.#onChange.forEach((listener) => listener());
  }

  /** Loaded here, so that only an agent that has a gateway waits for its client. */
  #opened(): Promise<GatewayApi> {
    return (this.#api ??= this.#open());
  }

  async #open(): Promise<GatewayApi> {
    const { gateway, region, tokens } = this.#options;
    const [{ GatewayApi: Api }, { asUser, signing }] = await Promise.all([
      import('./gateway-api.ts'),
      import('./authorize.ts'),
    ]);
    return new Api(gateway, gateway.auth === 'iam' ? signing(gateway.region ?? region) : asUser(tokens));
  }
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n');
  return shortened(line, 300);
}
