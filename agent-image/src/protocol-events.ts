import type { ErrorCode } from './protocol-errors.ts';

/** Version of the AG-UI protocol that the events follow. */
export const AG_UI_VERSION = '1.0';

/** Tokens of one run, all model calls together. */
export interface RunUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_tokens: number;
  readonly cache_write_tokens: number;
}

/** What a run took. */
export interface RunFigures {
  /** The configured main model. */
  readonly model: string;
  /** Round trips between model and tools, as the SDK counts them. */
  readonly turns: number;
  readonly duration_ms: number;
  readonly usage: RunUsage;
  /** An estimate from list prices, in US dollars. */
  readonly cost_usd: number;
  /** Id of the session of the code interpreter that the session has; missing while it has none. */
  readonly code_interpreter_session?: string;
}

export interface RunStarted {
  readonly type: 'RUN_STARTED';
  readonly threadId: string;
  readonly runId: string;
  readonly protocolVersion: typeof AG_UI_VERSION;
}

export interface RunFinished {
  readonly type: 'RUN_FINISHED';
  readonly threadId: string;
  readonly runId: string;
  readonly outcome:
    | { readonly type: 'success' | 'cancelled' }
    | { readonly type: 'interrupt'; readonly interrupts: readonly Interrupt[] };
  readonly result: RunFigures;
}

export interface RunFailed {
  readonly type: 'RUN_ERROR';
  /** A refusal when a caller who streams is told of it in the stream. */
  readonly code: ErrorCode;
  readonly message: string;
}

/** A question to the person: may this tool run? Answered by the `resume` of the next request. */
export interface Interrupt {
  readonly id: string;
  readonly reason: 'tool_call';
  readonly toolCallId: string;
  readonly message: string;
  /** JSON Schema of the answer. */
  readonly responseSchema: Readonly<Record<string, unknown>>;
  /** ISO 8601. After it the tool cannot be allowed any more. */
  readonly expiresAt: string;
  readonly metadata: { readonly tool_name: string; readonly input: Readonly<Record<string, unknown>> };
}

/** Questions that can no longer be answered: they expired, or their run was cancelled elsewhere. */
export interface InterruptsClosed {
  readonly type: 'CUSTOM';
  readonly name: 'interrupts.closed';
  readonly value: { readonly interrupt_ids: readonly string[] };
}

/**
 * The session goes on, but the next container would not know of what was done last: the disk is full (`disk_full`), its
 * directory is not writable, or the bucket cannot be reached (`storage_unavailable`). It is tried again after each run.
 */
export interface SessionNotKept {
  readonly type: 'CUSTOM';
  readonly name: 'session.not_kept';
  readonly value: { readonly reason: 'disk_full' | 'not_writable' | 'storage_unavailable' };
}

/** A step of a run that is none of the model's: what was kept is brought back. */
export type StepEvent =
  | { readonly type: 'STEP_STARTED'; readonly stepName: string; readonly metadata: { readonly total_bytes: number } }
  | { readonly type: 'STEP_FINISHED'; readonly stepName: string };

/** How far bringing back is, in stored bytes. */
export interface WorkspaceRestoring {
  readonly type: 'CUSTOM';
  readonly name: 'workspace.restoring';
  readonly value: { readonly done_bytes: number; readonly total_bytes: number };
}

/** What the run has changed in the working directory is kept: files, directories and links, and the bytes stored. */
export interface WorkspaceChanged {
  readonly type: 'CUSTOM';
  readonly name: 'workspace.changed';
  readonly value: { readonly files: number; readonly bytes: number };
}

/** Files that are not kept though no rule leaves them out; the first of them, and how many there are. */
export interface WorkspaceSkipped {
  readonly type: 'CUSTOM';
  readonly name: 'workspace.skipped';
  readonly value: {
    /** `path` below the working directory; `reason` by docs/workspace-format.md; `size` in bytes, where it matters. */
    readonly files: readonly { readonly path: string; readonly reason: string; readonly size?: number }[];
    readonly total: number;
  };
}

/**
 * A tool needs an account of the person elsewhere that is not linked yet: the person opens `url`, and then the prompt is
 * sent again. `session_uri` is what the page has to finish the flow with.
 */
export interface OauthRequired {
  readonly type: 'CUSTOM';
  readonly name: 'oauth.required';
  readonly value: { readonly connection: string; readonly url: string; readonly session_uri?: string };
}

/** The container was replaced in the middle of a run: what was being done then was not finished. */
export interface RunInterrupted {
  readonly type: 'CUSTOM';
  readonly name: 'run.interrupted';
  /** `started_at` is ISO 8601. */
  readonly value: { readonly run_id: string; readonly started_at: string };
}

/**
 * A message (or tool call) that was streamed is void: the model's stream broke and its retry says something else.
 * Readers drop what they showed under this id.
 */
export interface MessageRetracted {
  readonly type: 'CUSTOM';
  readonly name: 'message.retracted';
  readonly value: { readonly messageId: string } | { readonly toolCallId: string };
}

/** The call of the model failed and is made again after a pause, in milliseconds. `attempt` counts from 1 to `max`. */
export interface ModelRetry {
  readonly type: 'CUSTOM';
  readonly name: 'model.retry';
  readonly value: { readonly attempt: number; readonly max: number; readonly wait_ms: number };
}

/** The conversation had become too long and was replaced by a summary of itself; the tokens it had before and has now. */
export interface ContextCompacted {
  readonly type: 'CUSTOM';
  readonly name: 'context.compacted';
  readonly value: { readonly tokens_before: number; readonly tokens_after?: number };
}

/** One step of the agent's plan. */
export interface PlanItem {
  readonly id: string;
  readonly title: string;
  readonly status: 'pending' | 'in_progress' | 'completed';
}

/** The state that `STATE_SNAPSHOT` gives whole and `STATE_DELTA` changes. */
export interface AgentState {
  readonly plan: readonly PlanItem[];
}

/** Operation of a JSON Patch (RFC 6902) on {@link AgentState}. */
export type StatePatch =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/**
 * A sub-agent began its work; what it does carries its `subagentRunId`. One that waits for an answer of the person is
 * `suspended` at the end of the run, and begins again in the run that goes on.
 */
export type SubagentEvent =
  | {
      readonly type: 'SUBAGENT_STARTED';
      readonly subagentRunId: string;
      readonly name: string;
      readonly description: string;
      readonly parentToolCallId: string;
      /** The sub-agent that called this one. */
      readonly parentSubagentRunId?: string;
    }
  | {
      readonly type: 'SUBAGENT_FINISHED';
      readonly subagentRunId: string;
      readonly outcome:
        { readonly type: 'success' } | { readonly type: 'suspended'; readonly interruptIds?: readonly string[] };
    }
  | { readonly type: 'SUBAGENT_ERROR'; readonly subagentRunId: string; readonly message: string };

/** A part of an answer. */
export type AnswerEvent =
  | { readonly type: 'TEXT_MESSAGE_START'; readonly messageId: string; readonly role: 'assistant' }
  | { readonly type: 'TEXT_MESSAGE_CONTENT'; readonly messageId: string; readonly delta: string }
  | { readonly type: 'TEXT_MESSAGE_END'; readonly messageId: string }
  | { readonly type: 'REASONING_START' | 'REASONING_END' | 'REASONING_MESSAGE_END'; readonly messageId: string }
  | { readonly type: 'REASONING_MESSAGE_START'; readonly messageId: string; readonly role: 'reasoning' }
  | { readonly type: 'REASONING_MESSAGE_CONTENT'; readonly messageId: string; readonly delta: string }
  | { readonly type: 'TOOL_CALL_START'; readonly toolCallId: string; readonly toolCallName: string }
  | { readonly type: 'TOOL_CALL_ARGS'; readonly toolCallId: string; readonly delta: string }
  | {
      readonly type: 'TOOL_CALL_END';
      readonly toolCallId: string;
      /** The arguments were longer than an event may be: this many characters are left out, so they are no JSON. */
      readonly metadata?: { readonly omitted_characters: number };
    }
  | {
      readonly type: 'TOOL_CALL_RESULT';
      readonly messageId: string;
      readonly toolCallId: string;
      readonly content: string;
      readonly role: 'tool';
      readonly metadata?: { readonly is_error: true };
    }
  | MessageRetracted;

/** What happens in the course of a run, by the names of AG-UI. A part without `subagentRunId` is of the agent itself. */
export type ContentEvent =
  | (AnswerEvent & { readonly subagentRunId?: string })
  | SubagentEvent
  | { readonly type: 'STATE_SNAPSHOT'; readonly snapshot: AgentState }
  | { readonly type: 'STATE_DELTA'; readonly delta: readonly StatePatch[] }
  | ModelRetry
  | ContextCompacted;

export type AgentEvent =
  | RunStarted
  | ContentEvent
  | StepEvent
  | WorkspaceRestoring
  | WorkspaceChanged
  | WorkspaceSkipped
  | InterruptsClosed
  | SessionNotKept
  | OauthRequired
  | RunInterrupted
  | RunFinished
  | RunFailed;

/** An event with its number within the session: the `id` of the server-sent event. */
export interface NumberedEvent {
  readonly seq: number;
  readonly event: AgentEvent;
}
