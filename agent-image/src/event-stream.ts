import type { ServerResponse } from 'node:http';
import type { Run } from './run.ts';

/**
 * Answers with the events of a run as server-sent events, until the run ends or the reader leaves.
 *
 * @param keepAliveMs pause between comments that keep idle connections open, in milliseconds
 */
export async function sendEventStream(run: Run, res: ServerResponse, keepAliveMs: number): Promise<void> {
  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  });
  res.flushHeaders();
  const forget = run.onEvent(({ seq, event }) => {
    res.write(`id: ${seq}\ndata: ${JSON.stringify(event)}\n\n`);
  });
  const keepAlive = setInterval(() => res.write(': keep-alive\n\n'), keepAliveMs);
  const left = new Promise<void>((resolve) => res.once('close', resolve));
  await Promise.race([run.finished, left]);
  clearInterval(keepAlive);
  forget();
  res.end();
}
