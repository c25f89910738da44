/**
 * The wire contract of the agent: headers, limits, requests and replies; with `protocol-errors` and `protocol-events`
 * all of it. These three import nothing else, so that browsers, the command line and tests can share them.
 */
import type { ErrorDetail, RefusalBody } from './protocol-errors.ts';
import type { Interrupt, NumberedEvent, OauthRequired, RunFigures, RunInterrupted } from './protocol-events.ts';

export * from './protocol-errors.ts';
export * from './protocol-events.ts';

/** Names the runtime session; AgentCore gives every session a container of its own. */
export const SESSION_HEADER = 'x-amzn-bedrock-agentcore-runtime-session-id';

/** Names the request, when AgentCore passes the call on. */
export const REQUEST_HEADER = 'x-amzn-bedrock-agentcore-runtime-request-id';

/** Names the user where callers sign with IAM; AgentCore believes any signed caller, and so does the agent. */
export const USER_HEADER = 'x-amzn-bedrock-agentcore-runtime-custom-user-id';

/** Length of a runtime session id, in characters (AgentCore's own limits). */
export const SESSION_ID_LENGTH = { min: 33, max: 256 } as const;

/** Largest body of `POST /invocations`, in bytes. */
export const MAX_BODY_BYTES = 25 * 1024 * 1024;

/** Runs that may wait behind the active one. */
export const MAX_WAITING_RUNS = 8;

/** Longest tool arguments and tool result in an event, in characters; that something is cut off is said with it. */
export const MAX_TOOL_RESULT_CHARACTERS = 65_536;

export const PERMISSION_MODES = ['ask', 'acceptEdits', 'plan', 'bypass'] as const;

/** How a session treats tools that change or reach something; a session begins with the deployment's first one. */
export type PermissionMode = (typeof PERMISSION_MODES)[number];

/** What a request may choose besides its prompt, in either form. */
export interface RunChoices {
  /** One of the deployed models, where the deployment lets callers choose. */
  readonly model?: string;
  /** Takes the place of the deployed one for the session, where the deployment lets callers write it. */
  readonly systemPrompt?: string;
  /** Tools of this run: names of deployed ones, never more. */
  readonly tools?: readonly string[];
  /** Of the session from now on. */
  readonly permissionMode?: PermissionMode;
}

/** One message of a conversation that was held elsewhere. */
export interface HistoryMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** The short form of `POST /invocations`: a prompt, or the answers to the questions of the last run. */
export interface ShortInvocation extends RunChoices {
  readonly prompt?: string;
  /** Instead of a prompt. */
  readonly resume?: readonly ResumeEntry[];
  /** Beats the `Accept` header. */
  readonly stream?: boolean;
  /** Only with the first prompt of a session. */
  readonly history?: readonly HistoryMessage[];
}

/** What is asked of a session besides runs, as `action` of the short form or `forwardedProps.op` of `RunAgentInput`. */
export type Operation = 'health' | 'attach' | 'cancel' | 'flush';

/** The short form of an operation. */
export interface ShortOperation {
  readonly action: Operation;
  /** Of `attach`: events with a higher number are given; 0 or left out gives all that are kept. */
  readonly after?: number;
  /** Of `attach`; beats the `Accept` header. */
  readonly stream?: boolean;
}

/** Answer to one question, by AG-UI's names. */
export interface ResumeEntry {
  readonly interruptId: string;
  /** `cancelled` withdraws: the tool does not run, and the turn ends. */
  readonly status: 'resolved' | 'cancelled';
  readonly payload?: PermissionAnswer;
}

/** What a person says to a tool call. */
export interface PermissionAnswer {
  readonly approved: boolean;
  /** `session`: this tool is not asked about again in this session; `once` when left out. */
  readonly scope?: 'once' | 'session';
  /** Takes the place of the tool's input. */
  readonly editedArgs?: Readonly<Record<string, unknown>>;
  /** Why not; the model reads it. */
  readonly message?: string;
}

export interface ToolCallRecord {
  readonly id: string;
  readonly name: string;
  /** The arguments as JSON text. */
  readonly arguments: string;
  /** How much of the arguments was too long to be told: what there is of them is then no whole JSON. */
  readonly omitted_characters?: number;
  /** Missing when the run ended before the tool did. */
  readonly result?: string;
  readonly is_error?: true;
}

export interface ReplyMetadata extends RunFigures {
  readonly session_id: string;
  readonly run_id: string;
  /** What was not finished because the container was replaced: told with the first run after that. */
  readonly interrupted_run?: RunInterrupted['value'];
  /** Accounts that the person has to link before the prompt is sent again; one for each connection. */
  readonly oauth_required?: readonly OauthRequired['value'][];
}

/** Reply of a run that is not streamed. */
export interface InvocationReply {
  /** The text after the last tool call; what there was of it when the run failed. */
  readonly response: string;
  readonly tool_calls: readonly ToolCallRecord[];
  readonly metadata: ReplyMetadata;
  readonly status: 'success' | 'interrupted' | 'cancelled' | 'error';
  /** Of status `interrupted`: what has to be answered, with `resume`. */
  readonly interrupts?: readonly Interrupt[];
  readonly error?: ErrorDetail;
}

/** Reply of `health`: whether the session works, without a call of the model. */
export interface HealthReply extends PingReply {
  readonly models: Readonly<Record<'main' | 'fast' | 'subagent', string>>;
  readonly permission_modes: readonly PermissionMode[];
  /** Number of the session's last event; 0 until something else than its health was asked of it. */
  readonly last_event: number;
  /** Questions that wait for an answer. */
  readonly interrupts: readonly Interrupt[];
}

/** Reply of `attach` to a caller who does not stream: the events there are. */
export interface AttachReply {
  readonly events: readonly NumberedEvent[];
  readonly last_event: number;
}

/** Reply of `cancel`. */
export interface CancelReply {
  /** The run that was cancelled; missing when there was nothing to cancel. */
  readonly cancelled?: string;
}

/** Reply of `flush`. */
export interface FlushReply {
  readonly flushed: true;
}

/** One message from the agent over `/ws`. */
export type SocketFrame =
  | NumberedEvent
  /** A part of the JSON text of an event that is too long for one frame; `part` counts from 1. */
  | { readonly seq: number; readonly part: number; readonly of: number; readonly json: string }
  | { readonly reply: HealthReply | CancelReply | FlushReply }
  | RefusalBody;

/** Reply of `GET /ping`. */
export interface PingReply {
  readonly status: 'Healthy' | 'HealthyBusy';
  /** Unix seconds; moves only when the status changes, or AgentCore would never see the session idle. */
  readonly time_of_last_update: number;
}
