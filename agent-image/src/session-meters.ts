import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import type { MetricProperties, Metrics } from './metrics.ts';
import type { AuditEntry } from './permissions/audit.ts';
import type { Run } from './run.ts';
import { ToolCallWatch } from './tool-call-watch.ts';
import type { ToolReply } from './tools/bounded-call.ts';
import { type GatewayCall, type GatewayMeter, outcomeOf, sendingAlong } from './tools/gateway/gateway-meter.ts';
import type { SessionSpans, StorageStep } from './tracing/session-spans.ts';
import type { EndedRun } from './turn.ts';
import { WorkspaceFenced } from './workspace/object-store.ts';
import type { FlushOutcome } from './workspace/workspace.ts';

/** Measures one session, from what it does anyway. */
export class SessionMeters implements GatewayMeter {
  readonly #metrics: Metrics;
  readonly #spans: SessionSpans | undefined;
  readonly #properties: MetricProperties;
  readonly #tools: ToolCallWatch;
  readonly #openedAt = performance.now();
  /** When each open question was asked. */
  readonly #askedAt = new Map<string, number>();

  /** `spans`: missing when the agent sends none. */
  constructor(metrics: Metrics, sessionId: string, spans?: SessionSpans) {
    this.#metrics = metrics;
    this.#spans = spans;
    this.#properties = { session_id: sessionId };
    this.#tools = new ToolCallWatch((call) => {
      metrics.toolCall(call.tool, call.result, call.ms, this.#properties);
      spans?.toolEnded(call);
    });
  }

  /** The session is there, new or brought back. */
  opened(): void {
    this.#metrics.sessionOpened(this.#properties);
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
    const { status, figures, ending } = ended;
    if (status === 'interrupted') {
      return;
    }
    const { runId, requestId } = run.identity;
    const { firstContentMs } = run;
    this.#metrics.run(
      {
        figures,
        ...(firstContentMs !== undefined && { timeToFirstEventMs: firstContentMs }),
        ...(ending?.status === 'error' && { code: ending.code }),
      },
      { ...this.#properties, run_id: runId, request_id: requestId },
    );
  }

  async gatewayCall(call: GatewayCall, make: () => Promise<ToolReply>): Promise<ToolReply> {
    const span = this.#spans?.gatewayCallBegins(call);
    const begun = performance.now();
    const ended = await (span ? sendingAlong(span.headers, make) : make()).then(
      (reply) => ({ reply }),
      (error: unknown) => ({ error }),
    );
    const outcome = outcomeOf(ended);
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
    this.#metrics.sessionClosed(Math.round(performance.now() - this.#openedAt), this.#properties);
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
      this.#metrics[step === 'workspace.flush' ? 'flush' : 'restore'](measures, this.#properties);
      endSpan?.(bytes, failed);
    }
  }
}
