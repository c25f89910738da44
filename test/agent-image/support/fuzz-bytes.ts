import fc from 'fast-check';
import { SESSION_HEADER } from '../../../agent-image/src/protocol';
import { maskedFrame, OPCODES } from '../../../bin/contract-test/web-socket-frames';
import { fuzzedBody, mostly, PLANTED_TOKEN } from './fuzz-requests';

const requestLine = mostly(
  'POST /invocations HTTP/1.1',
  4,
  fc.oneof(
    fc.constantFrom('CONNECT a:1 HTTP/1.1', 'POST /invocations HTTP/2.0', 'POST http://a/invocations HTTP/1.1'),
    fc.constantFrom('GET * HTTP/1.1', 'PRI * HTTP/2.0', 'POST', '', 'GET /ping', 'POST /invocations HTTP/1.0'),
    fc.constantFrom('POST /\u0000 HTTP/1.1', 'GET /ws HTTP/1.1', 'GET //%2e%2e/ping HTTP/1.1'),
    fc.string({ unit: 'binary', maxLength: 60 }),
  ),
);

const oddHeader = fc.oneof(
  fc.constantFrom('Host: another', 'A: b', `Authorization: Bearer ${PLANTED_TOKEN}`, 'Transfer-Encoding: chunked'),
  fc.constantFrom('Content-Length: 5', 'Content-Length: -1', 'Content-Length: 99999999999999999999'),
  fc.constantFrom('Content-Length: 1, 2', 'Transfer-Encoding: odd', 'Expect: 100-continue', 'Expect: odd'),
  fc.constantFrom('Connection: upgrade', 'Upgrade: websocket', 'Upgrade: h2c', 'No colon', ': no name', ' folded'),
  fc.constantFrom('A: \u0000', 'A: \r', `A: ${'a'.repeat(20_000)}`, 'Sec-WebSocket-Key: odd'),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

/** What no HTTP client would send: a request as bytes. */
export function fuzzedBytes(sessionId: string): fc.Arbitrary<Buffer> {
  const header = mostly(`${SESSION_HEADER}: ${sessionId}`, 3, oddHeader);
  const chunks = fc.constantFrom('5\r\nhello\r\n0\r\n\r\n', 'zz\r\n', '{"action":"health"}');
  const body = fc.oneof(chunks, fc.json({ maxDepth: 2 }));
  // Without its length, a body is read as the next request.
  const hasLength = mostly(true, 3, fc.constant(false));
  return fc
    .tuple(requestLine, fc.array(header, { maxLength: 3 }), body, hasLength)
    .map(([start, headers, rest, isMeasured]) => {
      const length = isMeasured ? [`Content-Length: ${Buffer.byteLength(rest, 'latin1')}`] : [];
      return Buffer.from([start, 'Host: agent', ...length, ...headers, '', rest].join('\r\n'), 'latin1');
    });
}

/** Frames as bytes, mostly right ones: the first wrong one is the last that is read. */
export function fuzzedFrame(sessionId: string): fc.Arbitrary<Buffer> {
  const payload = fuzzedBody(sessionId).map((body) =>
    typeof body === 'string' ? Buffer.from(body) : Buffer.from(body),
  );
  const whole = fc
    .tuple(fc.constantFrom(OPCODES.text, OPCODES.binary), payload)
    .map(([opcode, body]) => maskedFrame(opcode, body));
  const split = fc.tuple(payload, fc.nat(300)).map(([body, at]) => {
    const rest = maskedFrame(OPCODES.continuation, body.subarray(at));
    return Buffer.concat([unfinished(maskedFrame(OPCODES.text, body.subarray(0, at))), rest]);
  });
  const control = fc
    .tuple(fc.constantFrom(OPCODES.ping, OPCODES.pong), fc.uint8Array({ maxLength: 125 }))
    .map(([opcode, body]) => maskedFrame(opcode, Buffer.from(body)));
  const wrong = fc.oneof(
    payload.map((body) => unfinished(maskedFrame(OPCODES.text, body))),
    payload.map((body) => maskedFrame(OPCODES.continuation, body)),
    fc.uint8Array({ maxLength: 130 }).map((body) => maskedFrame(OPCODES.close, Buffer.from(body))),
    // Text of 4 GiB, as its header says.
    fc.constant(Buffer.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4])),
    fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  );
  return fc.oneof(
    { arbitrary: whole, weight: 40 },
    { arbitrary: split, weight: 6 },
    { arbitrary: control, weight: 4 },
    { arbitrary: wrong, weight: 2 },
  );
}

/** The first bit of a frame says that it is the last of its message. */
function unfinished(frame: Buffer): Buffer {
  frame.writeUInt8(frame.readUInt8(0) & 0x7f);
  return frame;
}
