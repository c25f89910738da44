import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Trend, trends } from './figures';
import type { Random } from './random';
import { ServerLife } from './server-life';
import { answerTo, markerOf, promptOf, type SoakedModel } from './soaked-model';
import { askAsJson, askAsStream, type SoakedTurn } from './soaked-turn';
import { chooseUpset, UNDISTURBED, type Upset } from './upsets';

/** Longer than every bound that a turn of a soak can come to: hanging models are always ended from outside. */
const TURN_DEADLINE_MS = 120_000;

export interface SoakedSessionOptions {
  readonly number: number;
  readonly turns: number;
  /** Never ends the server, so that it lives long enough to show a trend. */
  readonly steady: boolean;
  readonly random: Random;
  readonly model: SoakedModel;
  readonly endpoint: { readonly url: string };
  /** Of the whole soak. */
  readonly directory: string;
  readonly onTurn: (upset: Upset, turn: SoakedTurn) => void;
  readonly onProblem: (problem: string) => void;
}

/** One session: turns with upsets, and the conversation checked at every one of them. */
export class SoakedSession {
  readonly trends: Trend[] = [];
  readonly #options: SoakedSessionOptions;
  readonly #sessionId = randomUUID();
  readonly #finished: string[] = [];
  #server: ServerLife | undefined;
  /** Whether the next turn has to tell that the one before was interrupted. */
  #mustTell = false;

  constructor(options: SoakedSessionOptions) {
    this.#options = options;
  }

  /** Never rejects: what fails is told as a problem, and ends the session. */
  async run(): Promise<void> {
    const { number, turns, random, steady, onProblem } = this.#options;
    try {
      for (let turn = 1; turn <= turns; turn++) {
        // The last one shows that the session is still as it should be.
        await this.#turn(markerOf(number, turn), turn === turns ? UNDISTURBED : chooseUpset(random, steady));
      }
    } catch (error) {
      onProblem(`session ${number}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      const server = this.#server;
      this.#lifeEnds();
      await server?.stop();
    }
  }

  async #turn(marker: string, upset: Upset): Promise<void> {
    const { model, random, onTurn, onProblem } = this.#options;
    const server = (this.#server ??= await this.#start());
    model.expect(marker, upset, [...this.#finished]);
    const asJson = upset.disturbance.kind === 'none' && random.chance(0.3);
    const prompt = promptOf(marker);
    const asked = asJson ? askAsJson(server, prompt) : askAsStream(server, prompt, upset, () => model.isAsked(marker));
    const turn = await inTime(`${marker} (${upset.name})`, asked);
    onTurn(upset, turn);
    if (!upset.ends.includes(turn.end)) {
      onProblem(`${marker} (${upset.name}) ended with ${turn.end} instead of ${upset.ends.join(' or ')}`);
    }
    if (turn.end === 'success') {
      this.#finished.push(marker);
      if (turn.text !== answerTo(marker).join('')) {
        onProblem(`${marker} (${upset.name}) showed "${turn.text}"`);
      }
    }
    if (this.#mustTell && turn.end === 'success' && !turn.toldInterrupted) {
      onProblem(`${marker} was not told that the turn before it was interrupted`);
    }
    this.#mustTell = turn.endedServer && !upset.ends.includes('success');
    if (turn.endedServer) {
      this.#lifeEnds();
    } else {
      await server.inspect();
    }
  }

  async #start(): Promise<ServerLife> {
    const { number, directory, endpoint, onProblem } = this.#options;
    const home = join(directory, `session-${number}`);
    mkdirSync(home, { recursive: true });
    return ServerLife.start({
      ...{ model: endpoint, sessionId: this.#sessionId, home },
      onProblem: (problem) => onProblem(`session ${number}: ${problem}`),
    });
  }

  #lifeEnds(): void {
    this.trends.push(...trends(this.#server?.figures ?? []));
    this.#server = undefined;
  }
}

async function inTime<T>(what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_resolve, reject) => {
    const late = `${what} did not end within ${TURN_DEADLINE_MS / 1000} s`;
    timer = setTimeout(() => reject(new Error(late)), TURN_DEADLINE_MS);
  });
  return Promise.race([work, overdue]).finally(() => clearTimeout(timer));
}
