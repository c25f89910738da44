import type { ServerResponse } from 'node:http';
import type { EventLog, LoggedEvent } from './event-log.ts';
import { type RefusedRequest, type RunFailed } from './protocol.ts';

/** What of the log a reader gets. */
export interface Reading {
  readonly log: EventLog;
  /** Number of the event before the first one that is wanted. */
  readonly after: number;
  /** Only the events of this run. */
  readonly run?: number;
  /** Settles when nothing more comes. */
  readonly ended: Promise<unknown>;
}

/**
 * Answers with events of the session as server-sent events, until they end or the reader leaves.
 *
 * @throws RefusedRequest `EVENTS_GONE` when the reader is too slow for what is kept
 * @param keepAliveMs pause between comments that keep idle connections open, in milliseconds
 */
export async function sendEventStream(reading: Reading, res: ServerResponse, keepAliveMs: number): Promise<void> {
  const left = new Promise<void>((resolve) => res.once('close', resolve));
  openEventStream(res);
  const keepAlive = setInterval(() => res.write(': keep-alive\n\n'), keepAliveMs);
  const { log, after, run, ended } = reading;
  try {
    for await (const events of log.follow(after, Promise.race([ended, left]))) {
      if (res.destroyed) {
        break;
      }
      // In one piece: a reader who was away is not sent a packet for each of thousands of events.
      const text = events
        .filter((event) => run === undefined || event.run === run)
        .map(serverSentEvent)
        .join('');
      if (text !== '' && !res.write(text)) {
        await Promise.race([new Promise<void>((resolve) => res.once('drain', resolve)), left]);
      }
    }
    res.end();
  } finally {
    clearInterval(keepAlive);
  }
}

/** Tells a refusal where a stream is expected, or has begun; it has no number, because it is no event of the session. */
export function endWithRefusal({ code, message }: RefusedRequest, res: ServerResponse): void {
  if (!res.headersSent) {
    openEventStream(res);
  }
  const event: RunFailed = { type: 'RUN_ERROR', code, message };
  res.end(`data: ${JSON.stringify(event)}\n\n`);
}

/** Begins a response of server-sent events. */
function openEventStream(res: ServerResponse): void {
  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  });
  res.flushHeaders();
}

function serverSentEvent({ seq, json }: LoggedEvent): string {
  return `id: ${seq}\ndata: ${json}\n\n`;
}
