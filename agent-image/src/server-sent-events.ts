/** One event of a `text/event-stream`. */
export interface ServerSentEvent {
  readonly id: string;
  readonly data: string;
}

/**
 * Reads a `text/event-stream` by the rules of the HTML standard: lines end in CR, LF or both, comments are skipped,
 * several data lines are one text, and an event that is not ended by an empty line is dropped.
 */
export async function* readServerSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let id = '';
  let data: string[] = [];
  for await (const line of readLines(body)) {
    if (line === '') {
      if (data.length > 0) {
        yield { id, data: data.join('\n') };
      }
      data = [];
      continue;
    }
    const { name, value } = field(line);
    if (name === 'data') {
      data.push(value);
    } else if (name === 'id') {
      id = value;
    }
  }
}

function field(line: string): { name: string; value: string } {
  const colon = line.indexOf(':');
  if (colon === -1) {
    return { name: line, value: '' };
  }
  return { name: line.slice(0, colon), value: line.slice(colon + 1).replace(/^ /, '') };
}

async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      pending += value ? decoder.decode(value, { stream: true }) : '';
      // A CR at the end may be the first half of CR LF: it waits for the next chunk.
      const whole = done ? pending.length : pending.length - (pending.endsWith('\r') ? 1 : 0);
      const lines = pending.slice(0, whole).split(/\r\n|\r|\n/);
      pending = (lines.pop() ?? '') + pending.slice(whole);
      yield* lines;
      if (done) {
        return;
      }
    }
  } finally {
    // Leaving early must tell the server, which would otherwise go on sending.
    await reader.cancel().catch(() => undefined);
  }
}
