import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import type { ModelProvider } from '../config.ts';
import type { Run } from '../run.ts';
import type { EndedToolCall } from '../tool-call-watch.ts';
import type { GatewayCall } from '../tools/gateway/gateway-meter.ts';
import type { EndedRun } from '../turn.ts';
import { AnswerSpans, tokenAttributes } from './answer-spans.ts';
import type { Span, SpanAttributes, Tracer } from './span.ts';
import { readTraceContext, type TraceContext, traceHeadersOf } from './trace-context.ts';

export interface SessionSpansOptions {
  readonly tracer: Tracer;
  readonly agentName: string;
  readonly sessionId: string;
  readonly provider: ModelProvider;
}

/** What of a session is told as one span, beside runs. */
export type StorageStep = 'workspace.restore' | 'workspace.flush';

/**
 * The spans of one session, by OpenTelemetry's conventions for generative AI: a run is `invoke_agent`, an answer of the model
 * `chat`, a call of a tool `execute_tool`. They hold names, ids and figures, and nothing that was said.
 */
export class SessionSpans {
  readonly #options: SessionSpansOptions;
  readonly #answers: AnswerSpans;
  /** Calls of tools without a result. */
  readonly #tools = new Map<string, Span>();
  #run: { readonly run: Run; readonly span: Span } | undefined;
  /** Of the newest run, which may have ended. */
  #newest: TraceContext | undefined;
  /** The one that answers. */
  #model = '';

  constructor(options: SessionSpansOptions) {
    this.#options = options;
    this.#answers = new AnswerSpans((parent, startedAt) => this.#startAnswer(parent, startedAt));
  }

  /**
   * What follows belongs to `run`.
   *
   * @param model the one that answers; that of the run before when missing
   */
  runBegins(run: Run, model = this.#model): void {
    this.#model = model;
    const { agentName, sessionId } = this.#options;
    const span = this.#start({
      name: `invoke_agent ${agentName}`,
      kind: 'internal',
      parent: run.trace && readTraceContext(run.trace),
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.name': agentName,
        'gen_ai.conversation.id': sessionId,
        'gen_ai.request.model': model,
        'claude_agent.run.id': run.identity.runId,
      },
    });
    this.#run = { run, span };
    this.#newest = span.context;
    this.#answers.asked();
  }

  message(message: SDKMessage): void {
    this.#answers.observe(message);
    if (message.type !== 'assistant') return;
    for (const block of message.message.content) {
      if (block.type === 'tool_use') this.#toolBegins(block.id, message.parent_tool_use_id ?? undefined);
    }
  }

  toolEnded({ id, tool, result }: EndedToolCall): void {
    this.#tools.get(id)?.end({
      name: `execute_tool ${tool}`,
      attributes: {
        'gen_ai.tool.name': tool,
        'gen_ai.tool.type': tool.startsWith('mcp__') ? 'extension' : 'function',
      },
      error: result === 'success' ? undefined : result,
    });
    this.#tools.delete(id);
  }

  /** Ends the run. Of a run that ends with a question, tools go on, and are told when they have ended. */
  runEnded(run: Run, { status, figures, ending }: EndedRun): void {
    // Also when its last questions were given up and no run is there to tell it.
    if (status !== 'interrupted') this.#endTools();
    if (this.#run?.run !== run) return;
    this.#answers.end();
    const { usage, turns, cost_usd } = figures;
    this.#run.span.end({
      attributes: {
        'claude_agent.run.status': status,
        ...(status !== 'interrupted' && {
          'claude_agent.run.turns': turns,
          'claude_agent.run.cost_usd': cost_usd,
          ...tokenAttributes({
            ...{ input_tokens: usage.input_tokens, output_tokens: usage.output_tokens },
            cache_read_input_tokens: usage.cache_read_tokens,
            cache_creation_input_tokens: usage.cache_write_tokens,
          }),
        }),
      },
      error: ending?.status === 'error' ? ending.code : undefined,
    });
    this.#run = undefined;
  }

  /** Restoring or keeping the session, which may go on when the run has ended; gives what tells its end. */
  storageBegins(name: StorageStep): (bytes: number, failed: boolean) => void {
    const span = this.#start({ name, kind: 'internal', parent: this.#newest });
    return (bytes, failed) => {
      span.end({ attributes: { 'claude_agent.bytes': bytes }, error: failed ? 'failed' : undefined });
    };
  }

  /** One call of a gateway: gives the headers that it is made with, and what tells its end. */
  gatewayCallBegins({ server, tool, callId }: GatewayCall): {
    readonly headers: Readonly<Record<string, string>>;
    readonly end: (error: string | undefined) => void;
  } {
    const span = this.#start({
      name: `tools/call ${tool}`,
      kind: 'client',
      parent: this.#above(callId),
      attributes: {
        'mcp.method.name': 'tools/call',
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': tool,
        'claude_agent.gateway': server,
      },
    });
    return { headers: traceHeadersOf(span.context), end: (error) => span.end({ error }) };
  }

  /** What a request that is made for a call of a tool sends along; `callId` is the SDK's. Empty before the first run. */
  headersOf(callId: string | undefined): Readonly<Record<string, string>> {
    const above = this.#above(callId);
    return above ? traceHeadersOf(above) : {};
  }

  #startAnswer(parent: string | undefined, startedAt: number): Span | undefined {
    const above = this.#above(parent);
    if (!above) return undefined;
    const isOwn = parent === undefined;
    return this.#start({
      name: isOwn ? `chat ${this.#model}` : 'chat',
      kind: 'client',
      parent: above,
      startedAt,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.conversation.id': this.#options.sessionId,
        'gen_ai.request.model': isOwn ? this.#model : undefined,
      },
    });
  }

  #toolBegins(id: string, parent: string | undefined): void {
    const above = this.#above(parent);
    if (!above || this.#tools.has(id)) return;
    const attributes = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.call.id': id };
    this.#tools.set(id, this.#start({ name: 'execute_tool', kind: 'internal', parent: above, attributes }));
  }

  /** What belongs to the call of a tool with this id: what a sub-agent that it started does, too. The run without one. */
  #above(parent: string | undefined): Span['context'] | undefined {
    const caller = parent === undefined ? undefined : this.#tools.get(parent);
    return (caller ?? this.#run?.span)?.context;
  }

  /** Calls that never get a result. */
  #endTools(): void {
    for (const span of this.#tools.values()) span.end({ error: 'cancelled' });
    this.#tools.clear();
  }

  #start(start: Parameters<Tracer['start']>[0]): Span {
    const { tracer, sessionId, provider } = this.#options;
    const own: SpanAttributes = {
      'session.id': sessionId,
      'gen_ai.provider.name': provider.type === 'bedrock' ? 'aws.bedrock' : 'anthropic',
    };
    return tracer.start({ ...start, attributes: { ...own, ...start.attributes } });
  }
}
