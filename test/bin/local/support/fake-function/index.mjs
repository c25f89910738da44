// A function of a few lines: it does what its event asks for, so that tests can see how it is called.
import { setTimeout as delay } from 'node:timers/promises';

let calls = 0;
let running = 0;

const actions = {
  report: (event, context) => {
    calls += 1;
    const { clientContext, functionName, memoryLimitInMB, invokedFunctionArn } = context;
    const remaining = context.getRemainingTimeInMillis();
    return {
      event,
      clientContext,
      functionName,
      memoryLimitInMB,
      invokedFunctionArn,
      remaining,
      calls,
      pid: process.pid,
      env: process.env,
    };
  },
  fail: () => {
    throw new TypeError('the secret detail of a failure');
  },
  hang: () => delay(60_000),
  die: () => process.exit(7),
  slow: async () => {
    running += 1;
    const together = running;
    await delay(30);
    running -= 1;
    return { together };
  },
  tell: () => ({ isError: true, content: [{ type: 'text', text: 'the order is not there' }] }),
  say: () => {
    console.log('a line of the function');
    return 'said';
  },
};

export async function handler(event, context) {
  return actions[event.do ?? event.body?.do ?? 'report'](event, context);
}

/** Answers an HTTP API: with what came, or as the path asks. */
export async function api(event) {
  const { rawPath } = event;
  if (rawPath.endsWith('/plain')) return { plain: true };
  if (rawPath.endsWith('/fail')) throw new Error('the secret detail of a failure');
  if (rawPath.endsWith('/odd')) return { statusCode: 'odd' };
  if (rawPath.endsWith('/binary')) {
    return {
      statusCode: 201,
      headers: { 'Content-Type': 'image/png' },
      body: 'AQID',
      isBase64Encoded: true,
      cookies: ['a=1', 'b=2'],
    };
  }
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(event) };
}

export function withCallback(event, context, callback) {
  callback(null, { called: event.name });
}
