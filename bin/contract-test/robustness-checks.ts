import { type Check, expectThat, fail, HTTP_CONTRACT, HTTP_SEMANTICS, type Outcome, PASS, quoted } from './check';
import { leaveDuringUpload } from './exchange';
import { expectServing } from './serving';
import type { Target } from './target';

const BROKEN_JSON = '{"prompt":';

/** Lines of stack traces as Node, Python, Java and Go print them. */
const STACK_TRACE = /(\n|\\n)\s+at \S|Traceback \(most recent call last\)|\bgoroutine \d+ \[/;

/** A body of which only a part is sent, in bytes. */
const ABANDONED_UPLOAD = { length: 1_000_000, sent: 65_536 };

/** Requests that no good client makes, and clients that go away. */
export const ROBUSTNESS_CHECKS: readonly Check[] = [
  {
    id: 'broken-json',
    contract: 'A body that is no JSON is refused with a 4xx, as the mistake of the caller that it is.',
    source: HTTP_CONTRACT,
    remedy: 'Answer 400: a 5xx counts as a failure of your agent in its metrics.',
    async run(target) {
      const { status } = await target.invoke(BROKEN_JSON);
      return expectThat(status >= 400 && status < 500, `it answered ${status}`);
    },
  },
  {
    id: 'no-stack-trace',
    contract: 'Refusals do not show the inside of the program.',
    source: 'Improper Error Handling, OWASP',
    remedy: 'Answer with a code and a sentence, and write the stack trace to the log.',
    run: checkNoStackTrace,
  },
  {
    id: 'unknown-path',
    contract: 'Unknown paths are answered with 404.',
    source: HTTP_SEMANTICS,
    remedy: 'Answer 404 to every path but /ping, /invocations and /ws.',
    async run(target) {
      const { status } = await target.send('GET', '/contract-test-unknown-path');
      return expectThat(status === 404, `it answered ${status}`);
    },
  },
  {
    id: 'other-methods',
    contract: 'HEAD and OPTIONS are answered, if only with a refusal, and do no harm.',
    source: HTTP_SEMANTICS,
    remedy: 'Answer 200, 204 or 405 with an Allow header.',
    run: checkOtherMethods,
  },
  {
    id: 'client-leaves',
    contract: 'A client that goes away while it is answered leaves a container that serves the next one.',
    source: HTTP_CONTRACT,
    remedy: 'Handle the close of the response, and errors of writing to it.',
    async run(target) {
      const headers = target.headers({ 'content-type': 'application/json', accept: 'text/event-stream' });
      await target.send('POST', '/invocations', { body: target.payload, headers, leaveAtFirstByte: true });
      return expectServing(target);
    },
  },
  {
    id: 'client-leaves-upload',
    contract: 'A client that goes away while it sends leaves a container that serves the next one.',
    source: HTTP_CONTRACT,
    remedy: 'Handle errors of reading the request.',
    async run(target) {
      const headers = target.headers({ 'content-type': 'application/json' });
      const { length, sent } = ABANDONED_UPLOAD;
      await leaveDuringUpload(target.address('/invocations'), headers, length, sent);
      return expectServing(target);
    },
  },
];

async function checkNoStackTrace(target: Target): Promise<Outcome> {
  const answers = [
    await target.invoke(BROKEN_JSON),
    await target.invoke('[]'),
    await target.send('GET', '/contract-test-unknown-path'),
    await target.send('PATCH', '/invocations'),
  ];
  const telling = answers.find(({ body }) => STACK_TRACE.test(body));
  return telling ? fail(`an answer with status ${telling.status} has one: ${quoted(telling.body)}`) : PASS;
}

async function checkOtherMethods(target: Target): Promise<Outcome> {
  for (const [method, path] of [
    ['HEAD', '/ping'],
    ['OPTIONS', '/ping'],
    ['HEAD', '/invocations'],
    ['OPTIONS', '/invocations'],
  ] as const) {
    const { status } = await target.send(method, path);
    if (status >= 500) {
      return fail(`${method} ${path} was answered with ${status}`);
    }
  }
  return expectServing(target);
}
