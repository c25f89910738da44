// The Claude Agent SDK without any server: one warm `query()` in streaming-input mode. Prompts come and times go over IPC.
import { performance } from 'node:perf_hooks';
import { query } from '../../agent-image/node_modules/@anthropic-ai/claude-agent-sdk/sdk.mjs';

const waiting = [];
let wake = () => undefined;

async function* prompts() {
  for (;;) {
    const content = waiting.shift();
    if (content === undefined) await new Promise((resolve) => (wake = resolve));
    else yield { type: 'user', parent_tool_use_id: null, message: { role: 'user', content } };
  }
}

let session;
let turn;

function start() {
  session = query({
    prompt: prompts(),
    options: {
      model: process.env.ANTHROPIC_MODEL,
      tools: [],
      settingSources: [],
      strictMcpConfig: true,
      includePartialMessages: true,
      systemPrompt: 'Answer briefly.',
    },
  });
  void read();
}

async function read() {
  for await (const message of session) {
    if (message.type === 'stream_event' && message.event.delta?.type === 'text_delta') {
      turn.pieces += 1;
      turn.first ??= performance.now() - turn.begun;
      if (turn.prompt === 'wait' && turn.asked === undefined) {
        turn.asked = performance.now();
        void session.interrupt();
      }
    } else if (message.type === 'result') {
      const now = performance.now();
      process.send({
        ...{ first: turn.first, whole: now - turn.begun, pieces: turn.pieces },
        cancelled: now - (turn.asked ?? now),
      });
    }
  }
}

process.on('message', (prompt) => {
  turn = { prompt, begun: performance.now(), pieces: 0 };
  if (session === undefined) start();
  waiting.push(prompt);
  wake();
});
process.once('disconnect', () => {
  session?.close();
  process.exit();
});
process.send('ready');
