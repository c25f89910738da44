import { join } from 'node:path';
import type { AttachReply, NumberedEvent } from '../../agent-image/src/protocol';
import { AgentFixture, isRunning, waitUntil } from '../agent-image/support/agent-fixture';
import { type Figures, readFigures } from './figures';

/** Preloaded into every server. */
const PRELOADED = `--import=${join(__dirname, 'report-figures.mjs')}`;

/** A failed run is what was done to it; any other error in the log is the server's own. */
const EXPECTED_ERRORS = ['run failed'];

export interface ServerLifeOptions {
  readonly model: { readonly url: string };
  readonly sessionId: string;
  /** Outlives the server, as the workspace of a session does. */
  readonly home: string;
  /** Told of everything that should not be. */
  readonly onProblem: (problem: string) => void;
}

/** One server process of a session, from its start to its end, whoever ends it. */
export class ServerLife {
  readonly agent: AgentFixture;
  /** One after every turn. */
  readonly figures: Figures[] = [];
  readonly #options: ServerLifeOptions;
  readonly #seen = new Map<number, string>();
  readonly #claude = new Set<number>();

  static async start(options: ServerLifeOptions): Promise<ServerLife> {
    const { model, home, sessionId } = options;
    const environment = { HOME: home, NODE_OPTIONS: PRELOADED, SOAK_FIGURES: figuresFile(home) };
    return new ServerLife(await AgentFixture.start(model, environment, sessionId), options);
  }

  private constructor(agent: AgentFixture, options: ServerLifeOptions) {
    this.agent = agent;
    this.#options = options;
  }

  get target(): { url: string; sessionId: string } {
    return { url: `${this.agent.url}/invocations`, sessionId: this.agent.sessionId };
  }

  /** Notes what a client was sent. */
  saw({ seq, event }: NumberedEvent): void {
    const json = JSON.stringify(event);
    const before = this.#seen.get(seq);
    if (before !== undefined && before !== json) {
      this.#options.onProblem(`event ${seq} was ${before} and is ${json}`);
    }
    this.#seen.set(seq, json);
  }

  /** Looks at the server between two turns. */
  async inspect(): Promise<void> {
    const { events } = (await (await this.agent.post({ action: 'attach' })).json()) as AttachReply;
    const first = events[0]?.seq ?? 0;
    if (events.some(({ seq }, index) => seq !== first + index)) {
      this.#options.onProblem(`the events of the session have a gap: ${events.map(({ seq }) => seq).join()}`);
    }
    events.forEach((event) => this.saw(event));
    const claude = this.#claudePids();
    if (claude.length > 1) {
      this.#options.onProblem(`the server has ${claude.length} agent processes`);
    }
    // Without its agent process a server holds less, which would look like a trend afterwards.
    if (claude.length === 1) {
      this.figures.push(await readFigures(this.agent, figuresFile(this.#options.home)));
    }
  }

  /** Ends the agent process as the kernel does when the memory is used up, and waits until the server knows. */
  async killAgentProcess(): Promise<void> {
    const ends = (): number => this.agent.logLines.filter(({ message }) => message === 'agent process ended').length;
    const before = ends();
    await waitUntil(() => this.#claudePids().length > 0);
    this.#claudePids().forEach(kill);
    await waitUntil(() => ends() > before);
  }

  /** Ends everything at once, as the loss of a container does. */
  async kill(): Promise<void> {
    this.#claudePids();
    this.agent.signal('SIGKILL');
    this.#claude.forEach(kill);
    await this.#end(null);
  }

  /** Ends the server as AgentCore does. */
  async stop(): Promise<void> {
    this.#claudePids();
    this.agent.signal('SIGTERM');
    await this.#end(0);
  }

  async #end(expected: number | null): Promise<void> {
    const { onProblem } = this.#options;
    const code = await this.agent.exitCode();
    await waitUntil(() => [...this.#claude].every((pid) => !isRunning(pid)));
    if (code !== expected) {
      onProblem(`the server ended with exit code ${code} instead of ${expected}`);
    }
    if (this.agent.stderr !== '') {
      onProblem(`the server wrote to stderr: ${this.agent.stderr}`);
    }
    for (const line of this.agent.logLines) {
      if (line.level === 'error' && !EXPECTED_ERRORS.includes(line.message)) {
        onProblem(`the server logged ${JSON.stringify(line)}`);
      }
    }
    await this.agent.dispose();
  }

  #claudePids(): number[] {
    const pids = this.agent.claudePids();
    pids.forEach((pid) => this.#claude.add(pid));
    return pids;
  }
}

function figuresFile(home: string): string {
  return join(home, 'soak-figures.json');
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone by itself.
  }
}
