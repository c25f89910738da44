import { SESSION_HEADER } from '../../agent-image/src/protocol';
import {
  type Check,
  expectThat,
  fail,
  HTTP_CONTRACT,
  HTTP_SEMANTICS,
  type Outcome,
  PASS,
  QUOTAS,
  quoted,
  skip,
} from './check';
import type { Exchange } from './exchange';
import type { Target } from './target';

/** A fifth of what AgentCore passes on (100 MB), in bytes. */
const LARGE_BODY_BYTES = 20_000_000;

/** Requests to the agent, and its answers. */
export const INVOCATION_CHECKS: readonly Check[] = [
  {
    id: 'invoke-json',
    contract: 'POST /invocations takes a JSON body and answers with status 200, as JSON or as server-sent events.',
    source: HTTP_CONTRACT,
    remedy:
      'Serve POST /invocations; if your agent takes another body than {"prompt":"hello"}, give it with --payload.',
    run: async (target) => expectAnswer(await target.invoke()),
  },
  {
    id: 'invoke-stream',
    contract: 'A streamed answer has Content-Type text/event-stream, consists of "data:" lines, and ends.',
    source: HTTP_CONTRACT,
    remedy: 'End every event with an empty line, and the response when the run has ended.',
    run: checkStream,
  },
  {
    id: 'session-again',
    contract: 'The container answers every request of its session, not only the first.',
    source: HTTP_CONTRACT,
    remedy: 'Keep serving after a run: AgentCore sends all requests with the same session id to the same container.',
    async run(target) {
      const first = expectAnswer(await target.invoke());
      return first.status === 'PASS' ? expectAnswer(await target.invoke()) : first;
    },
  },
  {
    id: 'session-header-case',
    contract: 'The session header is found whatever the case of its name is.',
    source: HTTP_SEMANTICS,
    remedy: 'Look headers up without regard to case: proxies may change it.',
    run: checkHeaderCase,
  },
  {
    id: 'content-type',
    contract:
      'A body with a Content-Type that the agent does not know is answered: callers choose it, and AgentCore passes it on.',
    source: 'InvokeAgentRuntime, Amazon Bedrock AgentCore API Reference',
    remedy: 'Read every body as JSON, or answer 415; do not fail.',
    async run(target) {
      const { status } = await target.invoke(target.payload, { 'content-type': 'application/x-contract-test' });
      return expectThat(status < 500, `it answered ${status}`);
    },
  },
  {
    id: 'large-body',
    contract: 'Bodies of 20 MB are taken; AgentCore passes on up to 100 MB.',
    source: QUOTAS,
    remedy: 'Raise the limit of the body parser: many frameworks refuse more than 1 MB unless told otherwise.',
    run: async (target) => expectAnswer(await target.invoke(target.payload.padEnd(LARGE_BODY_BYTES, ' '))),
  },
];

function expectAnswer({ status, headers, body }: Exchange): Outcome {
  if (status !== 200) {
    return fail(`it answered ${status} with ${quoted(body)}`);
  }
  const type = headers['content-type'] ?? '';
  if (/^text\/event-stream\b/i.test(type)) {
    return PASS;
  }
  if (!/^application\/json\b/i.test(type)) {
    return fail(`the Content-Type of the answer is ${quoted(type)}`);
  }
  try {
    JSON.parse(body);
    return PASS;
  } catch {
    return fail(`the answer is no JSON, but ${quoted(body)}`);
  }
}

async function checkStream(target: Target): Promise<Outcome> {
  const { status, headers, body } = await target.invoke(target.payload, { accept: 'text/event-stream' });
  if (status !== 200) {
    return fail(`it answered ${status} with ${quoted(body)}`);
  }
  if (!/^text\/event-stream\b/i.test(headers['content-type'] ?? '')) {
    return skip('the agent answers as JSON although the Accept header asks for text/event-stream');
  }
  const lines = body.split(/\r\n|\r|\n/);
  const odd = lines.find((line) => !/^(data|id|event|retry)(:|$)|^:|^$/.test(line));
  if (odd !== undefined) {
    return fail(`the stream has the line ${quoted(odd)}, which is none of server-sent events`);
  }
  if (!lines.some((line) => line.startsWith('data:'))) {
    return fail('the stream has no "data:" line');
  }
  return expectThat(
    lines.at(-1) === '' && lines.at(-2) === '',
    'the last event is not ended by an empty line, so clients drop it',
  );
}

async function checkHeaderCase(target: Target): Promise<Outcome> {
  for (const name of [SESSION_HEADER, SESSION_HEADER.toUpperCase(), 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id']) {
    const type = { 'Content-Type': 'application/json', Accept: 'application/json' };
    const headers = target.headers(type, name);
    const outcome = expectAnswer(await target.send('POST', '/invocations', { body: target.payload, headers }));
    if (outcome.status === 'FAIL') {
      return fail(`with ${name}: ${outcome.reason}`);
    }
  }
  return PASS;
}
