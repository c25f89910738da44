import type { SDKAssistantMessageError, SDKResultMessage } from '@anthropic-ai/claude-agent-sdk';
import type { LimitCode } from './limits.ts';
import type { RunFailureCode } from './protocol.ts';
import { SecretUnavailable } from './secrets.ts';
import { WorkspaceDamaged } from './workspace/format/entries.ts';
import { WorkspaceFenced, WorkspaceUnavailable } from './workspace/object-store.ts';

/** How a run ended. The detail is for the log: it is written by others and may tell more than a caller should know. */
export type RunEnding =
  | { readonly status: 'success' | 'cancelled' }
  | { readonly status: 'error'; readonly code: RunFailureCode; readonly detail: string };

/** Results of turns that the SDK stopped at a limit. */
const LIMIT_CODES: Readonly<Record<string, LimitCode>> = {
  error_max_budget_usd: 'BUDGET_EXCEEDED',
  error_max_turns: 'TURN_LIMIT_REACHED',
};

/**
 * Reads the outcome of a turn. Failures of the model come as `subtype: 'success'` with `is_error: true`, so the
 * subtype alone says nothing.
 *
 * @param modelError kind of the last failure that the SDK reported during the turn
 */
export function endingOf(result: SDKResultMessage, modelError: SDKAssistantMessageError | undefined): RunEnding {
  if (result.terminal_reason === 'aborted_streaming' || result.terminal_reason === 'aborted_tools') {
    return { status: 'cancelled' };
  }
  if (!result.is_error) {
    return { status: 'success' };
  }
  if (result.subtype !== 'success') {
    const code = LIMIT_CODES[result.subtype] ?? 'AGENT_FAILED';
    return { status: 'error', code, detail: [result.subtype, ...result.errors].join(': ') };
  }
  return { status: 'error', code: failureCode(result, modelError), detail: result.result };
}

/** Reads why a turn could not be done. */
export function endingOfError(error: unknown): RunEnding {
  return { status: 'error', code: codeOfError(error), detail: String(error) };
}

function codeOfError(error: unknown): RunFailureCode {
  if (error instanceof SecretUnavailable) return 'SECRET_UNAVAILABLE';
  if (error instanceof WorkspaceUnavailable) return 'WORKSPACE_UNAVAILABLE';
  if (error instanceof WorkspaceFenced) return 'WORKSPACE_FENCED';
  return error instanceof WorkspaceDamaged ? 'WORKSPACE_DAMAGED' : 'AGENT_PROCESS_ENDED';
}

function failureCode(
  result: Extract<SDKResultMessage, { subtype: 'success' }>,
  modelError: SDKAssistantMessageError | undefined,
): RunFailureCode {
  if (result.terminal_reason === 'prompt_too_long') {
    return 'CONTEXT_TOO_LONG';
  }
  if (result.stop_reason === 'refusal') {
    return 'MODEL_REFUSED';
  }
  switch (modelError) {
    case 'model_not_found':
      return 'MODEL_NOT_FOUND';
    case 'authentication_failed':
    case 'cloud_credential_error':
      return 'MODEL_ACCESS_DENIED';
    case 'max_output_tokens':
      return 'ANSWER_TOO_LONG';
    case 'rate_limit':
      return 'MODEL_THROTTLED';
    case 'overloaded':
    case 'server_error':
      return 'MODEL_UNAVAILABLE';
    default:
      return codeOfStatus(result.api_error_status ?? undefined);
  }
}

function codeOfStatus(status: number | undefined): RunFailureCode {
  if (status === undefined) {
    return 'AGENT_FAILED';
  }
  if (status >= 500) {
    return 'MODEL_UNAVAILABLE';
  }
  const codes: Record<number, RunFailureCode> = {
    401: 'MODEL_ACCESS_DENIED',
    403: 'MODEL_ACCESS_DENIED',
    404: 'MODEL_NOT_FOUND',
    408: 'MODEL_UNAVAILABLE',
    429: 'MODEL_THROTTLED',
  };
  return codes[status] ?? 'MODEL_REQUEST_INVALID';
}
