import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import type { MetricProperties, Metrics } from './metrics.ts';
import { RefusedRequest } from './protocol.ts';
import type { AuditEntry } from './permissions/audit.ts';
import type { Run } from './run.ts';
import { ToolCallWatch } from './tool-call-watch.ts';
import type { ToolReply } from './tools/bounded-call.ts';
import { sendingAlong } from './tools/call-context.ts';
import { type GatewayCall, type GatewayMeter, outcomeOf } from './tools/gateway/gateway-meter.ts';
import type { SessionSpans, StorageStep } from './tracing/session-spans.ts';
import type { EndedRun } from './turn.ts';
import { tokensOf } from './usage.ts';
import { WorkspaceFenced } from './workspace/object-store.ts';
import type { FlushOutcome } from './workspace/workspace.ts';

export interface SessionMetersOptions {
  /** Missing when the agent sends none. */
  readonly spans?: SessionSpans | undefined;
  /** Whether the session is kept beyond its container: of one that is not, only failures are measured. True by default. */
  readonly isKept?: boolean;
}

/** Measures one session, from what it does anyway. */
export class SessionMeters implements GatewayMeter {
  readonly #metrics: Metrics;
  readonly #spans: SessionSpans | undefined;
  readonly #isKept: boolean;
  readonly #properties: MetricProperties;
  readonly #tools: ToolCallWatch;
  readonly #openedAt = performance.now();
  /** When each open question was asked. */
  readonly #askedAt = new Map<string, number>();
  /** Of all runs so far. */
  #tokens = 0;

  constructor(metrics: Metrics, sessionId: string, { spans, isKept = true }: SessionMetersOptions = {}) {
    this.#metrics = metrics;
    this.#spans = spans;
    this.#isKept = isKept;
    this.#properties = { session_id: sessionId };
    this.#tools = new ToolCallWatch((call) => {
      metrics.toolCall(call.tool, call.result, call.ms, this.#properties);
      spans?.toolEnded(call);
    });
  }

  /** Measures looking up what was kept of the session. Only a failure: bringing it back follows where there is none. */
  async opening<T>(open: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    try {
      const opened = await open();
      this.#metrics.sessionOpened(this.#properties);
      return opened;
    } catch (error) {
      // A caller who is refused has lost nothing.
      if (!(error instanceof RefusedRequest)) {
        const ms = Math.round(performance.now() - begun);
        this.#metrics.restore({ ms, bytes: 0, failed: true }, this.#properties);
      }
      throw error;
    }
  }

  /** @param model the one that answers; that of the run before when missing */
  runBegins(run: Run, model?: string): void {
    this.#spans?.runBegins(run, model);
  }

  message(message: SDKMessage): void {
    this.#spans?.message(message);
    this.#tools.observe(message);
  }

  audited({ event, question_id: id = '' }: AuditEntry): void {
    const askedAt = this.#askedAt.get(id);
    if (event === 'question') {
      this.#askedAt.set(id, performance.now());
    } else if (askedAt !== undefined) {
      this.#askedAt.delete(id);
      this.#metrics.permissionWait(Math.round(performance.now() - askedAt), this.#properties);
    }
  }

  /** A run that ends with a question is a part of a turn, which is measured at its end. */
  runEnded(run: Run, ended: EndedRun): void {
    this.#spans?.runEnded(run, ended);
    const { status, figures, ending, turn } = ended;
    if (status === 'interrupted') {
      return;
    }
    this.#tokens += tokensOf(figures);
    const { runId, requestId } = run.identity;
    this.#metrics.run(
      { figures, ...turn, ...(ending?.status === 'error' && { code: ending.code }) },
      { ...this.#properties, run_id: runId, request_id: requestId },
    );
  }

  /** Headers by which a service that is called for a tool goes on with the trace; `callId`: the SDK's id of its call. */
  traceHeaders(callId: string | undefined): Readonly<Record<string, string>> {
    return this.#spans?.headersOf(callId) ?? {};
  }

  async gatewayCall(call: GatewayCall, make: () => Promise<ToolReply>): Promise<ToolReply> {
    const span = this.#spans?.gatewayCallBegins(call);
    const begun = performance.now();
    const ended = await (span ? sendingAlong(span.headers, make) : make()).then(
      (reply) => ({ reply }),
      (error: unknown) => ({ error }),
    );
    const outcome = outcomeOf(ended);
    if (outcome === 'denied' && call.callId !== undefined) this.#tools.denied(call.callId);
    this.#metrics.gatewayCall(outcome, Math.round(performance.now() - begun), this.#properties);
    span?.end(outcome === 'success' ? undefined : outcome);
    if ('error' in ended) throw ended.error;
    return ended.reply;
  }

  /** Measures keeping the session. */
  flushing(flush: () => Promise<FlushOutcome>): Promise<FlushOutcome> {
    return this.#storing('workspace.flush', flush, (outcome) => (outcome.kind === 'kept' ? outcome.bytes : 0));
  }

  /** Measures bringing the session back. */
  async restoring(restore: () => Promise<{ readonly bytes: number }>): Promise<void> {
    await this.#storing('workspace.restore', restore, ({ bytes }) => bytes);
  }

  closed(): void {
    this.#metrics.sessionClosed(Math.round(performance.now() - this.#openedAt), this.#tokens, this.#properties);
  }

  async #storing<T>(step: StorageStep, act: () => Promise<T>, bytesOf: (outcome: T) => number): Promise<T> {
    const endSpan = this.#spans?.storageBegins(step);
    const begun = performance.now();
    let bytes = 0;
    let failed = true;
    try {
      const outcome = await act();
      bytes = bytesOf(outcome);
      failed = false;
      return outcome;
    } catch (error) {
      // Another container went on with the session; nothing is lost.
      failed = !(error instanceof WorkspaceFenced);
      throw error;
    } finally {
      const measures = { ms: Math.round(performance.now() - begun), bytes, failed };
      if (this.#isKept || failed) {
        this.#metrics[step === 'workspace.flush' ? 'flush' : 'restore'](measures, this.#properties);
      }
      endSpan?.(bytes, failed);
    }
  }
}
