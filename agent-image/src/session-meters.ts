import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import type { MetricProperties, Metrics } from './metrics.ts';
import type { AuditEntry } from './permissions/audit.ts';
import type { Run } from './run.ts';
import { ToolCallWatch } from './tool-call-watch.ts';
import type { EndedRun } from './turn.ts';
import type { FlushOutcome } from './workspace/workspace.ts';

/** Measures one session, from what it does anyway. */
export class SessionMeters {
  readonly #metrics: Metrics;
  readonly #properties: MetricProperties;
  readonly #tools: ToolCallWatch;
  readonly #openedAt = performance.now();
  /** When each open question was asked. */
  readonly #askedAt = new Map<string, number>();

  constructor(metrics: Metrics, sessionId: string) {
    this.#metrics = metrics;
    this.#properties = { session_id: sessionId };
    this.#tools = new ToolCallWatch((tool, result, ms) => metrics.toolCall(tool, result, ms, this.#properties));
  }

  message(message: SDKMessage): void {
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
  runEnded(run: Run, { status, figures, ending }: EndedRun): void {
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

  /** Measures keeping the session. */
  flushing(flush: () => Promise<FlushOutcome>): Promise<FlushOutcome> {
    return timed(flush, (ms, outcome) => {
      const bytes = outcome?.kind === 'kept' ? outcome.bytes : 0;
      this.#metrics.flush({ ms, bytes, failed: outcome === undefined }, this.#properties);
    });
  }

  /** Measures bringing the session back. */
  async restoring(restore: () => Promise<{ readonly bytes: number }>): Promise<void> {
    await timed(restore, (ms, outcome) => {
      this.#metrics.restore({ ms, bytes: outcome?.bytes ?? 0, failed: outcome === undefined }, this.#properties);
    });
  }

  closed(): void {
    this.#metrics.session(Math.round(performance.now() - this.#openedAt), this.#properties);
  }
}

/** Does something and takes how long it took, in milliseconds; the outcome is undefined when it failed. */
async function timed<T>(act: () => Promise<T>, take: (ms: number, outcome: T | undefined) => void): Promise<T> {
  const begun = performance.now();
  let outcome: T | undefined;
  try {
    outcome = await act();
    return outcome;
  } finally {
    take(Math.round(performance.now() - begun), outcome);
  }
}
