import type { AgentHealth } from './agent-process';
import { RequestFault } from './http-messages';

/** How long a session may live, as the runtime's LifecycleConfiguration says. */
export interface SessionLimits {
  readonly idleMs: number;
  readonly maxLifetimeMs: number;
}

/** A started agent, as far as its supervisor is concerned. */
export interface SessionAgent {
  readonly port: number;
  readonly exited: Promise<string>;
  ping(): Promise<AgentHealth | undefined>;
  stop(graceMs: number): Promise<void>;
}

export interface SupervisorOptions {
  readonly start: (sessionId: string, signal: AbortSignal) => Promise<SessionAgent>;
  readonly limits: SessionLimits;
  /** Time between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** Called when a session ends for a reason other than a request to stop it. */
  readonly onEnd: (sessionId: string, reason: string) => void;
}

interface Session {
  readonly id: string;
  readonly agent: Promise<SessionAgent>;
  readonly starting: AbortController;
  active: number;
  idleTimer?: NodeJS.Timeout;
  lifetimeTimer?: NodeJS.Timeout;
  stopping?: Promise<void>;
}

/** Keeps one agent process for each runtime session: started by the first request, stopped by the runtime's limits. */
export class SessionSupervisor {
  private readonly sessions = new Map<string, Session>();
  private closed = false;

  constructor(private readonly options: SupervisorOptions) {}

  /**
   * Does `work` with the session's agent, which is started first where there is none.
   *
   * @throws what starting the agent throws
   */
  public async use<T>(sessionId: string, work: (agent: SessionAgent) => Promise<T>): Promise<T> {
    for (;;) {
      const ending = this.sessions.get(sessionId)?.stopping;
      if (ending === undefined) break;
      await ending;
    }
    // Nothing is awaited from here until the request is counted, so that the session cannot be idle in between.
    if (this.closed) throw new RequestFault(503, 'STOPPING', 'the local run is stopping and takes no more requests');
    const session = this.sessions.get(sessionId) ?? this.create(sessionId);
    session.active++;
    try {
      return await work(await session.agent);
    } finally {
      session.active--;
      if (session.active === 0) this.armIdleTimer(session);
    }
  }

  /** Stops a session and waits for its end; false when there is none. */
  public async stop(sessionId: string): Promise<boolean> {
    const session = this.sessions.get(sessionId);
    if (session === undefined) return false;
    await this.end(session);
    return true;
  }

  /** Stops every session; no new one is started afterwards. */
  public async stopAll(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.sessions.values()].map((session) => this.end(session)));
  }

  /** True while a request is served or an agent says that it works. */
  public async isBusy(): Promise<boolean> {
    const sessions = [...this.sessions.values()];
    if (sessions.some((session) => session.active > 0)) return true;
    const health = await Promise.all(
      sessions.map(async (session) => (await session.agent.catch(() => undefined))?.ping()),
    );
    return health.includes('HealthyBusy');
  }

  private create(id: string): Session {
    const starting = new AbortController();
    // In the map before anything is awaited: parallel first requests share this one start.
    const session: Session = { id, starting, active: 0, agent: this.options.start(id, starting.signal) };
    this.sessions.set(id, session);
    session.agent.then(
      (agent) => {
        session.lifetimeTimer = setTimeout(() => {
          void this.endFor(session, 'its maximum lifetime is over');
        }, this.options.limits.maxLifetimeMs);
        session.lifetimeTimer.unref();
        void agent.exited.then((how) => {
          if (session.stopping === undefined) this.options.onEnd(id, `the agent ended with ${how}`);
          this.forget(session);
        });
      },
      () => {
        this.forget(session);
      },
    );
    return session;
  }

  private armIdleTimer(session: Session): void {
    clearTimeout(session.idleTimer);
    if (this.sessions.get(session.id) !== session) return;
    session.idleTimer = setTimeout(() => {
      void this.endIfIdle(session);
    }, this.options.limits.idleMs);
    session.idleTimer.unref();
  }

  private async endIfIdle(session: Session): Promise<void> {
    const timer = session.idleTimer;
    const health = await (await session.agent).ping();
    // A request may have come, and even gone, while the agent was asked.
    if (session.active > 0 || session.idleTimer !== timer) return;
    if (health === 'HealthyBusy') this.armIdleTimer(session);
    else await this.endFor(session, 'it was idle');
  }

  private async endFor(session: Session, reason: string): Promise<void> {
    if (session.stopping !== undefined) return;
    this.options.onEnd(session.id, reason);
    await this.end(session);
  }

  private end(session: Session): Promise<void> {
    session.stopping ??= (async () => {
      session.starting.abort();
      const agent = await session.agent.catch(() => undefined);
      await agent?.stop(this.options.graceMs);
      this.forget(session);
    })();
    return session.stopping;
  }

  private forget(session: Session): void {
    clearTimeout(session.idleTimer);
    clearTimeout(session.lifetimeTimer);
    if (this.sessions.get(session.id) === session) this.sessions.delete(session.id);
  }
}
