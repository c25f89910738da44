import type { AgentConfig } from './config.ts';
import type { Reading } from './event-stream.ts';
import type { Invocation } from './invocation/invocation.ts';
import {
  type AttachReply,
  type CancelReply,
  type FlushReply,
  type HealthReply,
  type InvocationReply,
  type PingReply,
  RefusedRequest,
} from './protocol.ts';
import type { Run } from './run.ts';
import type { RequestTokens, SessionTokens } from './user-identity/request-tokens.ts';
import type { RequestOrigin, Session } from './session.ts';

/** The part of a session that the host uses. */
export type ServedSession = Pick<
  Session,
  'busy' | 'events' | 'interrupts' | 'admit' | 'start' | 'resume' | 'cancel' | 'attach' | 'flush' | 'stop'
>;

export interface SessionHostOptions {
  readonly config: Pick<AgentConfig, 'models' | 'permissionModes'>;
  /** Takes the tokens of requests that the session lets in, and of the one that opens it. */
  readonly tokens: SessionTokens;
  /** `user`: undefined where callers name no user. */
  readonly openSession: (sessionId: string, user: string | undefined) => Promise<ServedSession>;
}

/** One request to a session, whichever way it came. */
export interface SessionCall extends RequestOrigin {
  readonly sessionId: string;
  readonly tokens: RequestTokens;
  readonly invocation: Invocation;
}

/** What a call leads to: the events of a run, events of the session, or a reply at once. */
export type CallOutcome =
  | { readonly kind: 'run'; readonly run: Run; readonly reading: Reading }
  | { readonly kind: 'events'; readonly reading: Reading }
  | { readonly kind: 'reply'; readonly reply: HealthReply | CancelReply | FlushReply };

/**
 * The one session of this container, for whoever brings requests: over HTTP or over a WebSocket. The first id that
 * calls opens it; every other id is refused from then on.
 */
export class SessionHost {
  readonly #options: SessionHostOptions;
  #id: string | undefined;
  #opening: Promise<ServedSession> | undefined;
  #session: ServedSession | undefined;
  #ping: PingReply = { status: 'Healthy', time_of_last_update: unixSeconds() };
  #stopping = false;

  constructor(options: SessionHostOptions) {
    this.#options = options;
  }

  ping(): PingReply {
    const status = this.#session?.busy ? 'HealthyBusy' : 'Healthy';
    if (status !== this.#ping.status) {
      this.#ping = { status, time_of_last_update: unixSeconds() };
    }
    return this.#ping;
  }

  /** @throws RefusedRequest */
  async call({ sessionId, tokens, invocation, ...origin }: SessionCall): Promise<CallOutcome> {
    if (this.#stopping) {
      throw new RefusedRequest('STOPPING', 'This container is being stopped: send the request again in a moment.');
    }
    if (invocation.kind === 'health' && !this.#session) {
      return { kind: 'reply', reply: this.#health() };
    }
    const session = await this.#admit(sessionId, origin.user, tokens);
    switch (invocation.kind) {
      case 'prompt':
        return runOutcome(session, session.start({ ...origin, ...invocation }));
      case 'resume':
        return runOutcome(session, session.resume({ ...origin, ...invocation }));
      case 'attach':
        return { kind: 'events', reading: session.attach(invocation.after) };
      case 'cancel': {
        const cancelled = session.cancel(origin);
        return { kind: 'reply', reply: cancelled === undefined ? {} : { cancelled } };
      }
      case 'flush':
        await session.flush();
        return { kind: 'reply', reply: { flushed: true } };
      case 'health':
        return { kind: 'reply', reply: this.#health() };
    }
  }

  /** Takes no new call and stops the session. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const session = await this.#opening?.catch(() => undefined);
    await session?.stop();
  }

  /** Opens the session with the first call; a session that cannot be opened is tried again with the next. */
  async #admit(sessionId: string, user: string | undefined, tokens: RequestTokens): Promise<ServedSession> {
    this.#id ??= sessionId;
    if (this.#id !== sessionId) {
      throw new RefusedRequest(
        'SESSION_MISMATCH',
        'This container serves another session: AgentCore gives every session id a container of its own.',
      );
    }
    if (!this.#opening) this.#options.tokens.take(user, tokens);
    this.#opening ??= this.#options.openSession(sessionId, user);
    try {
      this.#session = await this.#opening;
    } catch (error) {
      this.#opening = undefined;
      this.#options.tokens.forget();
      throw error;
    }
    this.#session.admit(user);
    this.#options.tokens.take(user, tokens);
    return this.#session;
  }

  #health(): HealthReply {
    const { models, permissionModes } = this.#options.config;
    const { main, fast, subagent } = models;
    return {
      ...this.ping(),
      models: { main, fast, subagent },
      permission_modes: permissionModes,
      last_event: this.#session?.events.last ?? 0,
      interrupts: this.#session?.interrupts ?? [],
    };
  }
}

/** The reply of a run to a caller who does not stream. */
export async function replyOf(run: Run, sessionId: string): Promise<InvocationReply> {
  const { status, interrupts, error, figures } = await run.finished;
  const { content, interruptedRun, links } = run.content;
  const metadata = {
    ...{ session_id: sessionId, run_id: run.identity.runId, ...figures },
    ...(interruptedRun && { interrupted_run: interruptedRun }),
    ...(links.length > 0 && { oauth_required: links }),
  };
  return { ...content, metadata, status, ...(interrupts && { interrupts }), ...(error && { error }) };
}

/** Events of a session for a caller who does not stream: those there are. */
export function attachReplyOf({ log, after }: Reading): AttachReply {
  const events = log
    .after(after)
    .map(({ seq, json }) => ({ seq, event: JSON.parse(json) as AttachReply['events'][number]['event'] }));
  return { events, last_event: log.last };
}

function runOutcome(session: ServedSession, run: Run): CallOutcome {
  const { after, finished, identity } = run;
  return { kind: 'run', run, reading: { log: session.events, after, run: identity.number, ended: finished } };
}

function unixSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
