import type { ScriptedReply } from '../../bin/local/model/scripted-bedrock';
import type { Random } from './random';

/** How a turn can end for a client: an outcome of `RUN_FINISHED`, a code of `RUN_ERROR`, or its stream was cut. */
export type TurnEnd = string;

/** What is done to a turn, once the client has seen so many of its events; too many means after its end. */
export type Disturbance =
  | { readonly kind: 'none' }
  | { readonly kind: 'leave' | 'cancel' | 'kill-agent' | 'kill-server' | 'stop-server'; readonly after: number };

/** What the model says to a prompt, call by call; then the whole answer. */
export interface Upset {
  readonly name: string;
  readonly faults: readonly ScriptedReply[];
  /** The answer comes slowly, so that there is a middle of the turn. */
  readonly slow: boolean;
  readonly disturbance: Disturbance;
  /** The disturbance waits for the call of the model: before it, a process that died is replaced unnoticed. */
  readonly onceAsked: boolean;
  /** Ends that are right. */
  readonly ends: readonly TurnEnd[];
}

export const UNDISTURBED: Upset = {
  name: 'nothing',
  faults: [],
  slow: false,
  disturbance: { kind: 'none' },
  onceAsked: false,
  ends: ['success'],
};

interface FaultKind {
  readonly name: string;
  readonly weight: number;
  readonly reply: ScriptedReply;
  /** How often in a row. */
  readonly times: number;
  readonly ends: readonly TurnEnd[];
}

const throttled = refused(429, 'ThrottlingException', 'Too many requests');
const failing = refused(503, 'ServiceUnavailableException', 'busy');
const broken: ScriptedReply = {
  kind: 'mid-stream-fault',
  text: 'answer to ',
  type: 'modelStreamErrorException',
  message: 'broke',
};

/** More calls than the agent makes for one prompt. */
const ALWAYS = 20;

const FAULTS: readonly FaultKind[] = [
  { name: 'throttled once', weight: 3, reply: throttled, times: 1, ends: ['success'] },
  { name: 'unavailable once', weight: 3, reply: failing, times: 1, ends: ['success'] },
  { name: 'cut once', weight: 3, reply: { kind: 'cut' }, times: 1, ends: ['success'] },
  { name: 'cut in the answer', weight: 3, reply: { kind: 'cut', text: 'answer ' }, times: 1, ends: ['success'] },
  { name: 'broken in the answer', weight: 3, reply: broken, times: 1, ends: ['success'] },
  {
    name: 'broken in another answer',
    weight: 3,
    reply: { ...broken, text: 'something else' },
    times: 1,
    ends: ['success'],
  },
  { name: 'throttled', weight: 1, reply: throttled, times: ALWAYS, ends: ['MODEL_THROTTLED'] },
  { name: 'unavailable', weight: 1, reply: failing, times: ALWAYS, ends: ['MODEL_UNAVAILABLE'] },
  {
    name: 'denied',
    weight: 2,
    reply: refused(403, 'AccessDeniedException', "You don't have access to the model with the specified model ID."),
    times: ALWAYS,
    ends: ['MODEL_ACCESS_DENIED'],
  },
  {
    name: 'invalid',
    weight: 2,
    reply: refused(400, 'ValidationException', 'messages.0: is odd'),
    times: ALWAYS,
    ends: ['MODEL_REQUEST_INVALID'],
  },
];

const DISTURBANCES = [
  { kind: 'none', weight: 20, ends: ['success'] },
  { kind: 'leave', weight: 20, ends: ['success'] },
  { kind: 'cancel', weight: 12, ends: ['cancelled', 'success'] },
  { kind: 'kill-agent', weight: 8, ends: ['AGENT_PROCESS_ENDED', 'success'] },
] as const;

/** What ends a server; `steady` sessions are spared it, so that their servers live long enough to show a trend. */
const ENDS_OF_SERVER = [
  { kind: 'kill-server', weight: 20, ends: ['cut', 'success'] },
  { kind: 'stop-server', weight: 14, ends: ['cancelled', 'cut', 'success'] },
] as const;

/** Events of a slow answer: those before its text, its pieces, and the end. */
const SLOW_EVENTS = 16;

/** A turn that a client has seen finished must survive what comes right after. */
const AFTER_THE_END = 1_000;

/** Decides what happens to one turn. */
export function chooseUpset(random: Random, steady: boolean): Upset {
  if (random.chance(0.25)) {
    const { name, reply, times, ends } = random.pick(FAULTS);
    return {
      name,
      faults: Array.from({ length: times }, () => reply),
      slow: false,
      disturbance: { kind: 'none' },
      onceAsked: false,
      ends,
    };
  }
  const { kind, ends } = random.pick<(typeof DISTURBANCES | typeof ENDS_OF_SERVER)[number]>(
    steady ? DISTURBANCES : [...DISTURBANCES, ...ENDS_OF_SERVER],
  );
  if (kind === 'none') {
    return { ...UNDISTURBED, slow: random.chance(0.3) };
  }
  if (kind !== 'leave' && random.chance(0.2)) {
    // The model never answers, so that nothing but what is done to the turn can end it.
    const certain = ends.filter((end) => end !== 'success');
    return {
      name: `${kind} while the model hangs`,
      faults: Array.from({ length: ALWAYS }, (): ScriptedReply => ({ kind: 'hang' })),
      ...{ slow: false, disturbance: { kind, after: 1 }, onceAsked: true, ends: certain },
    };
  }
  const after = kind !== 'leave' && random.chance(0.3) ? AFTER_THE_END : random.between(1, SLOW_EVENTS);
  return { name: kind, faults: [], slow: true, disturbance: { kind, after }, onceAsked: false, ends };
}

function refused(status: number, type: string, message: string): ScriptedReply {
  return { kind: 'fault', status, type, message };
}
