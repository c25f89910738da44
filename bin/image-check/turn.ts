import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CheckFailed, reason } from './failure';

const PING_INTERVAL_MS = 250;

/** What `POST /invocations` answers to the short form of a prompt. */
interface TurnReply {
  readonly response?: string;
  readonly status?: string;
}

/**
 * Waits until the server says that it is healthy.
 *
 * @param assertRunning throws when there is nothing left to wait for
 * @throws CheckFailed when it is not healthy before `deadlineMs`
 */
export async function waitUntilHealthy(
  server: string,
  assertRunning: () => void,
  deadlineMs: number,
  interrupted: AbortSignal,
): Promise<void> {
  const deadline = AbortSignal.timeout(deadlineMs);
  let last = 'no answer';
  while (!deadline.aborted) {
    assertRunning();
    interrupted.throwIfAborted();
    try {
      const reply = await fetch(`${server}/ping`, { signal: AbortSignal.any([deadline, interrupted]) });
      const text = await reply.text();
      if (reply.status === 200 && isHealthy(text)) return;
      last = `HTTP ${reply.status} ${text.slice(0, 200)}`;
    } catch {
      // Nobody listens yet; the loop's conditions say whether waiting makes sense.
    }
    await sleep(PING_INTERVAL_MS);
  }
  throw new CheckFailed(`GET /ping did not answer {"status":"Healthy"} within ${deadlineMs / 1000} s but: ${last}.`);
}

function isHealthy(text: string): boolean {
  try {
    return (JSON.parse(text) as { readonly status?: unknown } | null)?.status === 'Healthy';
  } catch {
    return false;
  }
}

/**
 * Sends one prompt in a session of its own and checks that the reply is `answer`.
 *
 * @throws CheckFailed when the server refuses, fails, answers something else, or takes longer than `deadlineMs`
 */
export async function takeTurn(
  server: string,
  prompt: string,
  answer: string,
  deadlineMs: number,
  interrupted: AbortSignal,
): Promise<void> {
  let status: number;
  let text: string;
  try {
    const reply = await fetch(`${server}/invocations`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-amzn-bedrock-agentcore-runtime-session-id': `image-check-${randomUUID()}`,
      },
      body: JSON.stringify({ prompt }),
      signal: AbortSignal.any([AbortSignal.timeout(deadlineMs), interrupted]),
    });
    [status, text] = [reply.status, await reply.text()];
  } catch (error) {
    interrupted.throwIfAborted();
    throw new CheckFailed(`POST /invocations got no reply: ${reason(error)}.`);
  }
  const fault = turnFault(status, text, answer);
  if (fault !== undefined) throw new CheckFailed(`POST /invocations ${fault}`);
}

/** How a reply departs from a successful turn that says `answer`; undefined when it does not. */
export function turnFault(status: number, text: string, answer: string): string | undefined {
  const shown = text.slice(0, 500);
  if (status !== 200) return `was answered with HTTP ${status}: ${shown}`;
  let reply: TurnReply | null;
  try {
    reply = JSON.parse(text) as TurnReply | null;
  } catch {
    return `was answered with something that is not JSON: ${shown}`;
  }
  if (reply?.status !== 'success') return `did not succeed: ${shown}`;
  if (reply.response?.trim() !== answer) return `did not bring the model's answer "${answer}" but: ${shown}`;
  return undefined;
}
