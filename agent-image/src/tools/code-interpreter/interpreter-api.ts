import {
  BedrockAgentCoreClient,
  type CodeInterpreterResult,
  type CodeInterpreterStreamOutput,
  type ContentBlock,
  GetCodeInterpreterSessionCommand,
  InvokeCodeInterpreterCommand,
  StartCodeInterpreterSessionCommand,
  StopCodeInterpreterSessionCommand,
  type ToolArguments,
  type ToolName,
} from '@aws-sdk/client-bedrock-agentcore';
import { setTimeout as delay } from 'node:timers/promises';
import { headersAlong } from '../call-context.ts';
import { AnswerTooLong, boundResponse } from './bounded-answer.ts';
import { faultOf, type InterpreterCode, InterpreterFault } from './interpreter-fault.ts';
import { untilAborted } from '../../until-aborted.ts';

/**
 * How long a session lives, in seconds: as long as AgentCore lets a microVM live by default, because activity does not
 * extend it. Also the most that StartCodeInterpreterSession takes.
 */
const SESSION_SECONDS = 28_800;

const CONNECTION_TIMEOUT_MS = 3_000;

/** Pauses before the second and the third attempt, in milliseconds. */
const PAUSES_MS = [300, 1_000];

/** What a client may repeat: the interpreter did nothing. */
const THROTTLED: readonly InterpreterCode[] = ['INTERPRETER_THROTTLED'];

/** What does no harm a second time: a question, and a start, whose token makes no second session. */
const REPEATABLE: readonly InterpreterCode[] = [...THROTTLED, 'INTERPRETER_FAILED', 'INTERPRETER_UNREACHABLE'];

/** What a question about a session that does not exist fails with; the latter when it is no id at all. */
const NO_SESSION: readonly InterpreterCode[] = ['INTERPRETER_NOT_FOUND', 'INTERPRETER_REFUSED'];

/** What came back from one call; several results of a stream are put together. */
export interface InterpreterResult extends CodeInterpreterResult {
  content: ContentBlock[];
}

/** One code interpreter, over the wire. Everything it throws is an {@link InterpreterFault}. */
export class InterpreterApi {
  readonly #interpreter: { readonly codeInterpreterIdentifier: string };
  readonly #client: BedrockAgentCoreClient;

  constructor(interpreter: string, region: string) {
    this.#interpreter = { codeInterpreterIdentifier: interpreter };
    this.#client = new BedrockAgentCoreClient({
      region,
      // The client repeats what it took for failed, and code that ran twice may do harm: only `#send` repeats.
      maxAttempts: 1,
      requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS },
    });
    this.#client.middlewareStack.add(
      (next) => async (args) => {
        const answered = await next(args);
        boundResponse(answered.response);
        return answered;
      },
      // The lowest is next to the connection, before anything is read.
      { step: 'deserialize', priority: 'low' },
    );
  }

  /**
   * Starts a session.
   *
   * @param name shown in lists of sessions, up to 100 characters; needs not be unique
   * @param token the same one never starts a second session; 33 to 256 letters and digits
   * @returns its id
   */
  async start(name: string, token: string, signal: AbortSignal): Promise<string> {
    const session = { name, clientToken: token, sessionTimeoutSeconds: SESSION_SECONDS };
    const input = { ...this.#interpreter, ...session, ...traceAlong() };
    const send = (): Promise<{ sessionId: string | undefined }> =>
      this.#client.send(new StartCodeInterpreterSessionCommand(input), { abortSignal: signal });
    const { sessionId } = await this.#send(send, REPEATABLE, signal);
    if (sessionId === undefined) throw new InterpreterFault('INTERPRETER_UNREADABLE', 'a session without an id');
    return sessionId;
  }

  /** Has a session do something, and reads the whole answer. */
  async invoke(session: string, name: ToolName, args: ToolArguments, signal: AbortSignal): Promise<InterpreterResult> {
    const input = { ...this.#interpreter, ...traceAlong(), sessionId: session, name, arguments: args };
    const send = async (): Promise<InterpreterResult> => {
      const { stream } = await this.#client.send(new InvokeCodeInterpreterCommand(input), { abortSignal: signal });
      if (!stream) throw new InterpreterFault('INTERPRETER_UNREADABLE', 'an answer without a stream');
      return wholeResult(stream);
    };
    return this.#send(send, THROTTLED, signal);
  }

  /** Whether the session can still be used, and was started under `name`. */
  async isAlive(session: string, name: string, signal: AbortSignal): Promise<boolean> {
    const input = { ...this.#interpreter, sessionId: session };
    const send = (): Promise<{ name?: string | undefined; status?: string | undefined }> =>
      this.#client.send(new GetCodeInterpreterSessionCommand(input), { abortSignal: signal });
    try {
      const found = await this.#send(send, REPEATABLE, signal);
      return found.status !== 'TERMINATED' && found.name === name;
    } catch (error) {
      const fault = faultOf(error, signal);
      if (NO_SESSION.includes(fault.code)) return false;
      throw fault;
    }
  }

  async stop(session: string, signal: AbortSignal): Promise<void> {
    const input = { ...this.#interpreter, ...traceAlong(), sessionId: session };
    const command = new StopCodeInterpreterSessionCommand(input);
    await this.#send(() => this.#client.send(command, { abortSignal: signal }), THROTTLED, signal);
  }

  /** Closes the connections. */
  close(): void {
    this.#client.destroy();
  }

  async #send<T>(send: () => Promise<T>, repeatable: readonly InterpreterCode[], signal: AbortSignal): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await untilAborted(send(), signal);
      } catch (error) {
        const fault = faultOf(error, signal);
        const pause = PAUSES_MS[attempt];
        if (pause === undefined || !repeatable.includes(fault.code)) throw fault;
        await delay(pause, undefined, { signal }).catch((aborted: unknown) => {
          throw faultOf(aborted, signal);
        });
      }
    }
  }
}

/** The trace that a request belongs to, in the fields that the API has for it; it has none for `tracestate`. */
function traceAlong(): { readonly traceParent?: string; readonly traceId?: string } {
  const { traceparent: traceParent, 'x-amzn-trace-id': traceId } = headersAlong();
  return { ...(traceParent !== undefined && { traceParent }), ...(traceId !== undefined && { traceId }) };
}

async function wholeResult(stream: AsyncIterable<CodeInterpreterStreamOutput>): Promise<InterpreterResult> {
  const results: CodeInterpreterResult[] = [];
  try {
    for await (const event of stream) {
      if (!event.result) throw exceptionIn(event);
      results.push(event.result);
    }
  } catch (error) {
    if (error instanceof AnswerTooLong) throw error;
    // Something was done by then, whatever the exception says.
    throw results.length > 0 ? new InterpreterFault('INTERPRETER_FAILED', faultOf(error).detail) : error;
  }
  if (results.length === 0) throw new InterpreterFault('INTERPRETER_UNREADABLE', 'a stream without a result');
  const structured = results.flatMap(({ structuredContent }) => structuredContent ?? []);
  const output = (field: 'stdout' | 'stderr'): string => structured.map((part) => part[field] ?? '').join('');
  return {
    content: results.flatMap(({ content }) => content ?? []),
    structuredContent: {
      // Not as arguments of one call: of those there may not be as many as of results.
      ...structured.reduce((all, part) => Object.assign(all, part), {}),
      ...{ stdout: output('stdout'), stderr: output('stderr') },
    },
    isError: results.some(({ isError }) => isError === true),
  };
}

/** Exceptions come as members of the stream too, under their names in lower case, and are then no errors. */
function exceptionIn(event: CodeInterpreterStreamOutput): InterpreterFault {
  const [member = 'an unknown event', value] = Object.entries(event)[0] ?? [];
  const { message } = (value ?? {}) as { readonly message?: string };
  return faultOf({ name: `${member.charAt(0).toUpperCase()}${member.slice(1)}`, message });
}
