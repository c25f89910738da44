import { type Check, expectThat, fail, type Outcome, PASS, QUOTAS, skip } from './check';
import { expectServing } from './serving';
import type { Target } from './target';
import { WebSocketConnection } from './web-socket-connection';
import { type Frame, OPCODES } from './web-socket-frames';

const SOCKETS = 'Get started with bidirectional streaming using WebSocket, Amazon Bedrock AgentCore Developer Guide';

/** Longest frame that AgentCore passes on, in bytes. */
const MAX_FRAME_BYTES = 64 * 1024;

/** An answer is taken for complete when nothing came for so long, in milliseconds. */
const QUIET_MS = 500;

/** How long a server may take for its part of the closing handshake, in milliseconds. */
const CLOSE_MS = 5_000;

const NORMAL_CLOSURE = 1_000;

/** `GET /ws`, which a container may leave out. */
export const WEB_SOCKET_CHECKS: readonly Check[] = [
  {
    id: 'ws-upgrade',
    contract: 'GET /ws, where there is one, becomes a WebSocket (RFC 6455).',
    source: SOCKETS,
    remedy: 'Accept the handshake with the session header, or answer 404.',
    run: (target) => withSocket(target, () => Promise.resolve(PASS)),
  },
  {
    id: 'ws-message',
    contract: 'A message is answered with at least one message.',
    source: SOCKETS,
    remedy: 'Answer text messages; if your agent takes another one than {"prompt":"hello"}, give it with --payload.',
    run: (target) =>
      withSocket(target, async (socket) => {
        socket.sendText(target.payload);
        return expectThat((await socket.waitFor(isData, target.timeoutMs)) !== undefined, 'no message came back');
      }),
  },
  {
    id: 'ws-frame-size',
    contract: 'No frame is larger than 64 KB: AgentCore ends connections with larger ones.',
    source: QUOTAS,
    remedy: 'Split long messages, and have their reader join them.',
    run: (target) =>
      withSocket(target, async (socket) => {
        socket.sendText(target.payload);
        if ((await socket.waitFor(isData, target.timeoutMs)) === undefined) {
          return skip('no message came back');
        }
        await socket.waitForQuiet(QUIET_MS, target.timeoutMs);
        const largest = Math.max(0, ...socket.frames.map(({ payload }) => payload.length));
        return expectThat(largest <= MAX_FRAME_BYTES, `a frame had ${largest} bytes`);
      }),
  },
  {
    id: 'ws-odd-message',
    contract: 'A message that is no JSON is answered or closes the connection in order, and the container goes on.',
    source: SOCKETS,
    remedy: 'Answer with a message that says what is wrong, or close with 1003, 1007 or 1008.',
    run: (target) => withSocket(target, (socket) => checkOddMessage(target, socket)),
  },
  {
    id: 'ws-close',
    contract: 'A close frame is answered with one, whose code may be sent (RFC 6455, 7.4).',
    source: SOCKETS,
    remedy: 'Leave the closing handshake to your WebSocket library.',
    run: (target) =>
      withSocket(target, async (socket) => {
        socket.sendClose(NORMAL_CLOSURE);
        const close = await socket.waitFor(isClose, CLOSE_MS);
        return close ? expectCloseCode(close) : fail('no close frame came back');
      }),
  },
  {
    id: 'ws-client-leaves',
    contract: 'A client that goes away without a close frame leaves a container that serves the next one.',
    source: SOCKETS,
    remedy: 'Handle errors and the close of every connection.',
    run: (target) =>
      withSocket(target, async (socket) => {
        socket.sendText(target.payload);
        socket.cut();
        return expectServing(target);
      }),
  },
];

async function withSocket(target: Target, use: (socket: WebSocketConnection) => Promise<Outcome>): Promise<Outcome> {
  const socket = await WebSocketConnection.open(target.address('/ws'), target.headers(), target.timeoutMs);
  if (typeof socket === 'number') {
    return socket === 404 || socket === 405
      ? skip('the container has no /ws')
      : fail(`the handshake was answered with ${socket}`);
  }
  try {
    return await use(socket);
  } finally {
    await socket.close(NORMAL_CLOSURE, CLOSE_MS);
  }
}

async function checkOddMessage(target: Target, socket: WebSocketConnection): Promise<Outcome> {
  socket.sendText('{"prompt":');
  const answer = await socket.waitFor((frame) => isData(frame) || isClose(frame), target.timeoutMs);
  if (!answer) {
    return fail('it was answered with nothing, or the connection was cut');
  }
  const outcome = isClose(answer) ? expectCloseCode(answer) : PASS;
  return outcome.status === 'PASS' ? expectServing(target) : outcome;
}

function isData({ opcode }: Frame): boolean {
  return opcode === OPCODES.text || opcode === OPCODES.binary;
}

function isClose({ opcode }: Frame): boolean {
  return opcode === OPCODES.close;
}

/** A close frame may have no code at all. */
function expectCloseCode({ payload }: Frame): Outcome {
  if (payload.length === 0) {
    return PASS;
  }
  const code = payload.length === 1 ? 0 : payload.readUInt16BE(0);
  const reserved = [1004, 1005, 1006, 1015].includes(code);
  const allowed = (code >= 1000 && code <= 1014 && !reserved) || (code >= 3000 && code <= 4999);
  return expectThat(allowed, `the close code is ${code}, which must not be sent`);
}
