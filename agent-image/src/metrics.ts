import { type MetricDefinition, METRICS, type MetricName, type ToolOutcome } from './metric-definitions.ts';
import type { ErrorCode, RunFigures } from './protocol.ts';
import { NOTHING_SPLIT, type Spending, type SpendingByModel } from './usage.ts';

export interface MetricsOptions {
  /** CloudWatch namespace. */
  readonly namespace: string;
  /** Value of the dimension `Agent`. */
  readonly agentName: string;
  /** Takes each line, without its end; standard output by default. */
  readonly write?: (line: string) => void;
  /** Unix milliseconds. */
  readonly now?: () => number;
}

/** Fields of a line that are no dimensions, for queries of the log; for example the session's and the request's id. */
export type MetricProperties = Readonly<Record<string, string | number | undefined>>;

/** What a turn took, all its runs together: the waits for a person between them are left out. */
export interface TurnMeasures {
  readonly turnMs: number;
  /** From the acceptance of the prompt; undefined when there was no part of an answer. */
  readonly timeToFirstEventMs?: number | undefined;
  readonly byModel: SpendingByModel;
}

/** What is missing of the turn was not there: it never came to the model. */
export interface RunMeasures extends Partial<TurnMeasures> {
  readonly figures: RunFigures;
  /** Why the run failed; missing when it did not. */
  readonly code?: ErrorCode;
}

/** What it took to bring a session back, or to keep it. */
export interface StorageMeasures {
  readonly ms: number;
  /** Stored bytes that travelled. */
  readonly bytes: number;
  readonly failed: boolean;
}

type Values = Partial<Record<MetricName, number>>;

/** Whether a metric of a line is kept under a set of dimensions. */
type IsKept = (name: MetricName, set: readonly string[]) => boolean;
type Dimensions = Readonly<Record<string, string>>;

/** Metrics that have the same dimensions. */
interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: { readonly Name: string; readonly Unit: string }[];
}

/**
 * Writes the agent's own metrics into its log, in CloudWatch's embedded metric format: one JSON line an occurrence, from
 * which CloudWatch makes metrics without a call and without a permission.
 */
export class Metrics {
  readonly #namespace: string;
  readonly #agent: Dimensions;
  readonly #write: (line: string) => void;
  readonly #now: () => number;

  constructor({ namespace, agentName, write = writeToOutput, now = Date.now }: MetricsOptions) {
    this.#namespace = namespace;
    this.#agent = { Agent: agentName };
    this.#write = write;
    this.#now = now;
  }

  /** A turn that is over: a line for all of it, and one for each model with what was spent of that one. */
  run(measures: RunMeasures, properties?: MetricProperties): void {
    const {
      figures,
      turnMs = figures.duration_ms,
      timeToFirstEventMs,
      byModel = NOTHING_SPLIT.byModel,
      code,
    } = measures;
    const spent = spentValues(figures);
    const values: Values = {
      Turns: figures.turns,
      TurnLatency: turnMs,
      ...spent,
      Errors: code === undefined ? 0 : 1,
      ...(timeToFirstEventMs !== undefined && { TimeToFirstEvent: timeToFirstEventMs }),
    };
    const dimensions = { Model: figures.model, ...(code !== undefined && { Code: code }) };
    // The model that answers is not the only one that is called.
    this.#put(values, dimensions, properties, (name, set) => !(name in spent && set.includes('Model')));
    for (const [Model, ofModel] of byModel) {
      this.#put(spentValues(ofModel), { Model }, properties, (_, set) => set.includes('Model'));
    }
  }

  /** `tool` is a dimension, so it must be of a set that is bounded: see `ToolCallWatch`. */
  toolCall(tool: string, result: ToolOutcome, ms?: number, properties?: MetricProperties): void {
    const values: Values = { ToolCalls: 1, ...(ms !== undefined && { ToolLatency: ms }) };
    this.#put(values, { Tool: tool, Result: result }, properties);
  }

  gatewayCall(result: ToolOutcome, ms: number, properties?: MetricProperties): void {
    this.#put({ GatewayCalls: 1, GatewayLatency: ms }, { Result: result }, properties);
  }

  permissionWait(ms: number, properties?: MetricProperties): void {
    this.#put({ PermissionWait: ms }, {}, properties);
  }

  sessionOpened(properties?: MetricProperties): void {
    this.#put({ Sessions: 1 }, {}, properties);
  }

  /** `tokens`: of all kinds and models. */
  sessionClosed(durationMs: number, tokens: number, properties?: MetricProperties): void {
    this.#put({ SessionDuration: durationMs / 1000, SessionTokens: tokens }, {}, properties);
  }

  restore({ ms, bytes, failed }: StorageMeasures, properties?: MetricProperties): void {
    this.#put({ RestoreTime: ms, RestoreBytes: bytes, RestoreFailures: failed ? 1 : 0 }, {}, properties);
  }

  flush({ ms, bytes, failed }: StorageMeasures, properties?: MetricProperties): void {
    this.#put({ FlushTime: ms, FlushBytes: bytes, FlushFailures: failed ? 1 : 0 }, {}, properties);
  }

  #put(values: Values, dimensions: Dimensions, properties: MetricProperties = {}, isKept: IsKept = () => true): void {
    const all = { ...this.#agent, ...dimensions };
    const groups = new Map<string, Directive>();
    for (const Name of Object.keys(values) as MetricName[]) {
      const { unit, dimensions: sets }: MetricDefinition = METRICS[Name];
      // A set of which this occurrence has not every dimension is not its.
      const Dimensions = sets.filter((set) => set.every((dimension) => dimension in all) && isKept(Name, set));
      const key = JSON.stringify(Dimensions);
      const group = groups.get(key) ?? { Namespace: this.#namespace, Dimensions, Metrics: [] };
      group.Metrics.push({ Name, Unit: unit });
      groups.set(key, group);
    }
    const _aws = { Timestamp: this.#now(), CloudWatchMetrics: [...groups.values()] };
    this.#write(JSON.stringify({ ...properties, _aws, ...all, ...values }));
  }
}

function spentValues({ usage, cost_usd }: Spending): Values {
  return {
    InputTokens: usage.input_tokens,
    OutputTokens: usage.output_tokens,
    CacheReadTokens: usage.cache_read_tokens,
    CacheWriteTokens: usage.cache_write_tokens,
    Cost: cost_usd,
  };
}

function writeToOutput(line: string): void {
  process.stdout.write(`${line}\n`);
}
