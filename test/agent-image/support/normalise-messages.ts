import type { RecordedTurn, SdkMessage } from './golden-turn';

/** Fields of the SDK's messages that say nothing of the turn, or something else each time. */
const DROPPED = new Set([
  ...['uuid', 'session_id', 'timestamp', 'request_id', 'ttft_ms', 'usage', 'modelUsage', 'output_file', 'end_time'],
  ...['signature', 'run_id', 'diagnostics', 'context_management', 'container', 'fast_mode_state', 'stop_details'],
]);

/** Messages that no part of the agent reads. */
const SKIPPED = new Set([
  'status',
  'task_progress',
  'task_updated',
  'thinking_tokens',
  'hook_started',
  'hook_response',
]);

/** Ids in the order of their appearance, so that two recordings of a turn are alike. */
const IDS: readonly (readonly [RegExp, string])[] = [
  [/msg_bdrk_[0-9a-f]{32}/g, 'message'],
  [/toolu_bdrk_[0-9a-f]{32}/g, 'call'],
  [/\b[ab][0-9a-f]{16}\b/g, 'task'],
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'uuid'],
  [/\bmcp-t-\w+-\d+-\w+(?=\.)/g, 'file'],
];

/** The same turn without what differs from recording to recording. `home`: the directory that it was recorded in. */
export function normalised(turn: RecordedTurn, home: string): RecordedTurn {
  const runs = turn.runs.map((messages) => messages.filter(isRead).map(reduced));
  let text = JSON.stringify({ ...turn, runs }, (key, value: unknown) => (DROPPED.has(key) ? undefined : value));
  text = text.replaceAll(home, '/home/agent').replaceAll(home.replace(/[^A-Za-z0-9]/g, '-'), '-home-agent');
  for (const [pattern, name] of IDS) {
    const known = new Map<string, string>();
    text = text.replace(pattern, (id) => {
      known.set(id, known.get(id) ?? `${name}-${known.size + 1}`);
      return known.get(id) ?? id;
    });
  }
  return JSON.parse(text) as RecordedTurn;
}

function isRead(message: SdkMessage): boolean {
  return !('subtype' in message && SKIPPED.has(message.subtype));
}

/** Of the first and the last message, only what is read of them. */
function reduced(message: SdkMessage): SdkMessage {
  if (message.type === 'system' && message.subtype === 'init') {
    const { type, subtype, tools } = message;
    return { type, subtype, tools } as SdkMessage;
  }
  if (message.type === 'result') {
    const { type, subtype, is_error, num_turns, terminal_reason, stop_reason } = message;
    return { type, subtype, is_error, num_turns, terminal_reason, stop_reason } as SdkMessage;
  }
  return message;
}
