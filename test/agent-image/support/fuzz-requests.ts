import fc from 'fast-check';
import { REQUEST_HEADER, SESSION_HEADER, USER_HEADER } from '../../../agent-image/src/protocol';

/** Sent in `Authorization`; may never be seen again. */
export const PLANTED_TOKEN = 'planted-token-4f1d7c';

export interface FuzzedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Most requests are to come further than the first check, so what is usual is drawn most often. */
export function mostly<T>(usual: T, weight: number, odd: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: fc.constant(usual), weight }, { arbitrary: odd, weight: 1 });
}

/** Text that Node's own client is ready to send in a header: no control characters. */
const headerText = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => (code === 0x7f ? ' ' : String.fromCharCode(code))),
  maxLength: 300,
});

const path = mostly(
  '/invocations',
  10,
  fc.oneof(
    fc.constantFrom('/ping', '/ws', '/', '//', '*', '/INVOCATIONS', '/invocations/', '/invocations?a=%00', '/../ping'),
    fc.constantFrom('/%', '/%00', '/__proto__', '/.env', '/ping#a', '/ws?x=%', `/${'a'.repeat(8_000)}`, 'http://[::1'),
    fc.webPath(),
  ),
);

const method = mostly(
  'POST',
  12,
  fc.constantFrom('GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'),
);

/** Values that are objects, lists, numbers beyond every range, and names that are members of every object. */
const oddValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    -1,
    1.5,
    Number.MAX_VALUE,
    Number.MAX_SAFE_INTEGER + 2,
    '',
    ' ',
    '\u0000',
    '\ud800',
    {},
    [],
    null,
    true,
  ),
  fc.constantFrom('constructor', '__proto__', 'toString', 'x'.repeat(100_000)),
);

const field = fc.oneof(
  fc.constantFrom(
    'prompt',
    'stream',
    'action',
    'after',
    'resume',
    'tools',
    'history',
    'model',
    'systemPrompt',
    'runId',
  ),
  fc.constantFrom('threadId', 'messages', 'forwardedProps', 'permissionMode', 'constructor', 'state', 'context'),
  fc.string({ maxLength: 12 }),
);

const answer = {
  interruptId: 'a',
  status: 'resolved',
  payload: { approved: true, scope: 'once', editedArgs: { a: 1 } },
};

function validBody(sessionId: string): fc.Arbitrary<Record<string, unknown>> {
  const input = {
    threadId: sessionId,
    runId: 'run',
    protocolVersion: '1.0',
    state: {},
    messages: [],
    tools: [],
    context: [],
  };
  const user = { id: 'm', role: 'user', content: [{ type: 'text', text: 'hello' }] };
  const prompts: Record<string, unknown>[] = [
    { prompt: 'hello', stream: true, tools: [], permissionMode: 'ask' },
    { ...input, messages: [user], forwardedProps: { permissionMode: 'plan' } },
  ];
  const others: Record<string, unknown>[] = [
    { action: 'health' },
    { action: 'attach', after: 0, stream: true },
    { action: 'cancel', stream: false },
    { action: 'flush' },
    { resume: [answer], stream: true },
    { prompt: 'hello', history: [{ role: 'user', content: 'a' }] },
    { ...input, forwardedProps: { op: 'attach', after: 3 } },
    { ...input, resume: [answer] },
  ];
  // A run takes a hundred times as long as a refusal.
  return fc.oneof(
    { arbitrary: fc.constantFrom(...prompts), weight: 1 },
    { arbitrary: fc.constantFrom(...others), weight: 6 },
  );
}

/** A valid body of which some fields are others, and one character of the text too. */
function mutatedBody(sessionId: string): fc.Arbitrary<string> {
  const change = fc.tuple(field, fc.option(oddValue, { nil: undefined }));
  const changes = fc.oneof(fc.constant([]), fc.array(change, { minLength: 1, maxLength: 3 }));
  const slip = mostly<[number, string] | undefined>(
    undefined,
    2,
    fc.tuple(fc.nat(200), fc.string({ minLength: 1, maxLength: 1 })),
  );
  return fc.tuple(validBody(sessionId), changes, slip).map(([valid, fields, slipped]) => {
    const text = JSON.stringify({ ...valid, ...Object.fromEntries(fields) });
    return slipped ? text.slice(0, slipped[0]) + slipped[1] + text.slice(slipped[0] + 1) : text;
  });
}

const deepBody = fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 50_000 })).map(([isList, depth]) => {
  const nested = isList ? '['.repeat(depth) + ']'.repeat(depth) : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  return `{"prompt":${nested}}`;
});

const oddBody = fc.constantFrom(
  '{"prompt":1e999}',
  '{"action":"attach","after":1e400}',
  '{"action":"attach","after":99999999999999999999}',
  '{"__proto__":{"prompt":"a"}}',
  '{"prompt":"a","__proto__":{"stream":true}}',
  '{"constructor":{"prototype":{"prompt":"a"}}}',
  '{"action":"__proto__"}',
  '{"prompt":"a","prompt":1}',
  '\ufeff{"action":"health"}',
  '{"action":"health"}\u0000',
  `{"prompt":${'1'.repeat(100_000)}}`,
  `{"resume":[${Array(300).fill('{}').join(',')}]}`,
  `{"${'k'.repeat(500_000)}":1}`,
);

export function fuzzedBody(sessionId: string): fc.Arbitrary<string | Uint8Array> {
  return fc.oneof(
    { arbitrary: mutatedBody(sessionId), weight: 10 },
    { arbitrary: fc.json({ maxDepth: 4 }), weight: 3 },
    { arbitrary: fc.uint8Array({ maxLength: 300 }), weight: 2 },
    { arbitrary: oddBody, weight: 2 },
    { arbitrary: deepBody, weight: 1 },
  );
}

function fuzzedHeaders(sessionId: string): fc.Arbitrary<Record<string, string>> {
  const session = mostly<string | undefined>(
    sessionId,
    12,
    fc.constantFrom(undefined, '', 'short', 'x'.repeat(33), 'x'.repeat(256), 'x'.repeat(257), sessionId.toUpperCase()),
  );
  const optional = (odd: fc.Arbitrary<string>, weight = 6): fc.Arbitrary<string | undefined> =>
    mostly<string | undefined>(undefined, weight, odd);
  const jwt = `e30.${Buffer.from(JSON.stringify({ iss: 'i', sub: PLANTED_TOKEN })).toString('base64url')}.${PLANTED_TOKEN}`;
  const authorization = fc.constantFrom(
    `Bearer ${PLANTED_TOKEN}`,
    `Basic ${PLANTED_TOKEN}`,
    `Bearer ${jwt}`,
    PLANTED_TOKEN,
  );
  return fc
    .record({
      [SESSION_HEADER]: session,
      [USER_HEADER]: optional(fc.oneof(headerText, fc.constantFrom('', '..', '../../etc', '__proto__', 'x-')), 20),
      [REQUEST_HEADER]: optional(headerText),
      accept: optional(
        fc.oneof(fc.constantFrom('text/event-stream', 'application/json', '*/*', ',;,', ';q=1'), headerText),
        1,
      ),
      'content-type': optional(
        fc.oneof(fc.constantFrom('application/json', 'text/plain; charset=utf-16', '/'), headerText),
        1,
      ),
      'content-encoding': optional(fc.constantFrom('gzip', 'br', 'odd')),
      authorization: optional(authorization, 1),
      cookie: optional(headerText),
    })
    .map(
      (headers) =>
        Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<
          string,
          string
        >,
    );
}

/** A request that Node's own client is ready to send. */
export function fuzzedRequest(sessionId: string): fc.Arbitrary<FuzzedRequest> {
  return fc.record({ method, path, headers: fuzzedHeaders(sessionId), body: fuzzedBody(sessionId) });
}
