/** The arguments of a tool, by their names. */
export type ToolInput = Readonly<Record<string, unknown>>;

/** A call that the model makes, and that may have to wait for a person. */
export interface ToolCall {
  /** As the SDK names it; for tools of MCP servers `mcp__<server>__<tool>`. */
  readonly toolName: string;
  readonly input: ToolInput;
  /** The SDK's id of the call. */
  readonly toolCallId: string;
  /**
   * The given input in the form in which the tool may run with it, for example with links in its path followed.
   *
   * @throws ToolRefused when the tool must not run with it, whoever allows it
   */
  readonly check: (input: ToolInput) => ToolInput;
}

/** What becomes of a call. */
export type Verdict =
  | { readonly allowed: true; readonly input: ToolInput }
  /** `reason` is read by the model; with `endsTurn` nothing more may be done in this turn. */
  | { readonly allowed: false; readonly reason: string; readonly endsTurn?: true };

/** A call is refused, whoever would allow it; the message is meant for the model. */
export class ToolRefused extends Error {}
