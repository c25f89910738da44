import type { GatewayTool } from './gateway-tool';

/** A target of a gateway whose tools can be called. */
export interface RunningTarget {
  readonly name: string;
  /** Those that are known now. */
  readonly tools: readonly GatewayTool[];
  /** What of it is not there, as clauses: "it is of the kind …". */
  readonly shortcomings: readonly string[];
  /** Learns its tools where it does not know them yet. It never fails: what goes wrong is among the shortcomings then. */
  refresh(): Promise<void>;
}

/** A target that has nothing to learn: what is known of it is in the template. */
export class FixedTarget implements RunningTarget {
  constructor(
    public readonly name: string,
    public readonly tools: readonly GatewayTool[],
    public readonly shortcomings: readonly string[] = [],
  ) {}

  public refresh(): Promise<void> {
    return Promise.resolve();
  }
}
