import type { ModelScript, ScriptedMessage, ScriptedToolUse } from '../local/model/model-script';

/** What a person says, and what comes of it. */
export interface ExampleTurn {
  readonly prompt: string;
  /** What the model uses before it answers. */
  readonly uses?: readonly ScriptedToolUse[];
  /** Whether the person lets it, when asked. @default true */
  readonly approved?: boolean;
  /** Whether the model is not to be had. */
  readonly refused?: boolean;
}

const shop = (tool: string, input: object): ScriptedToolUse => ({ name: `mcp__gw__${tool}`, input });
const order = (order_id: string, quantity: number): ScriptedToolUse =>
  shop('purchases___place_order', { order_id, item: 'cups', quantity });
const status = (order_id: string): ScriptedToolUse => shop('orders___get_order_status', { order_id });
const write = (file_path: string): ScriptedToolUse => ({
  name: 'Write',
  input: { file_path, content: 'Cups are here.' },
});

/** A talk with the sample in which everything happens that its agent measures. */
export const EXAMPLE_TURNS: readonly ExampleTurn[] = [
  { prompt: 'Good morning' },
  {
    prompt: 'What time is it in Tokyo?',
    uses: [shop('clock___get_current_time', { time_zone: 'Asia/Tokyo' })],
  },
  { prompt: 'Order 20 cups', uses: [order('A-1', 20)] },
  { prompt: 'And 500 for the fair', uses: [order('A-2', 500)] },
  { prompt: 'Where are they?', uses: [status('A-1'), status('A-2')] },
  { prompt: 'Make a note', uses: [write('note.txt')] },
  { prompt: 'And one for everybody', uses: [write('everybody.txt')], approved: false },
  {
    prompt: 'Read both notes',
    uses: ['note.txt', 'everybody.txt'].map((file_path) => ({ name: 'Read', input: { file_path } })),
  },
  { prompt: 'Sum it up', refused: true },
  { prompt: 'Try again' },
];

/** Milliseconds between the parts of an answer. */
const PACE = 60;

/** A model that plays its part of a talk. */
export class ExampleModel {
  private turn: ExampleTurn | undefined;
  private used = 0;

  /** From now on the model answers as in this turn. */
  public play(turn: ExampleTurn): void {
    this.turn = turn;
    this.used = 0;
  }

  public readonly script: ModelScript = ({ body }) => {
    // Background calls of the command line have no tools.
    if (this.turn === undefined || (body.tools ?? []).length === 0) return says('A talk about cups.');
    if (this.turn.refused === true) {
      return {
        kind: 'fault',
        status: 403,
        type: 'AccessDeniedException',
        message: 'the account may not call the model',
      };
    }
    const next = this.turn.uses?.[this.used++];
    return next === undefined
      ? says('That is done. ', 'Is there ', 'anything ', 'else?')
      : { ...says('Let me ', 'see.'), toolUses: [next] };
  };
}

function says(...text: string[]): ScriptedMessage {
  return { kind: 'message', text, deltaDelayMs: PACE };
}
