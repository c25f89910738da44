import {
  InterpreterSession,
  type InterpreterSessionOptions,
  type InterpreterSessionRecord,
} from '../../agent-image/src/tools/code-interpreter/interpreter-session';
import { sessionNameOf } from '../../agent-image/src/tools/code-interpreter/session-name';
import { type InterpreterCode, InterpreterFault } from '../../agent-image/src/tools/code-interpreter/interpreter-fault';
import type { ToolName } from '@aws-sdk/client-bedrock-agentcore';
import { waitUntil } from './support/agent-fixture';
import {
  type InterpreterReply,
  ScriptedInterpreter,
  type ServiceFault,
  textResult,
} from './support/scripted-interpreter';

const INTERPRETER = 'analysis-a1B2c3D4e5';
const ARN = 'arn:aws:sts::111122223333:assumed-role/agent';
const CODE = { code: '6 * 7', language: 'python' } as const;

const AGENT_SESSION = { agentName: 'analyst', owner: 'ada', sessionId: 'session-of-ada' };

/** Whether another container has taken over. */
const alone = (): Promise<boolean> => Promise.resolve(false);
const overtaken = (): Promise<boolean> => Promise.resolve(true);

let interpreter: ScriptedInterpreter;
let session: InterpreterSession | undefined;
let logged: { readonly message: string; readonly code?: unknown }[];
const before = { ...process.env };

beforeEach(async () => {
  interpreter = await ScriptedInterpreter.start(() => textResult('42'));
  logged = [];
  Object.assign(process.env, {
    ...{ AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example-secret' },
    AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: interpreter.url,
  });
});
afterEach(async () => {
  await session?.stop(alone);
  session = undefined;
  await interpreter.close();
});
afterAll(() => {
  process.env = before;
});

function open(options: Partial<InterpreterSessionOptions> = {}): InterpreterSession {
  session = new InterpreterSession({
    ...{ interpreter: INTERPRETER, region: 'eu-west-1', ...AGENT_SESSION },
    ...{ record: undefined, keep: () => () => true },
    log: (_level, message, fields = {}) => void logged.push({ message, ...fields }),
    ...options,
  });
  return session;
}

/** Keeps a record where the next container finds it at once. */
function keptIn(keep: (record: InterpreterSessionRecord) => void): InterpreterSessionOptions['keep'] {
  return (record) => {
    keep(record);
    return () => true;
  };
}

function run(of: InterpreterSession, signal = new AbortController().signal): ReturnType<InterpreterSession['call']> {
  return of.call('executeCode', CODE, signal);
}

function textOf({ result }: Awaited<ReturnType<InterpreterSession['call']>>): string | undefined {
  return result.content[0]?.text;
}

async function faultOf(calling: Promise<unknown>): Promise<InterpreterFault> {
  const error: unknown = await calling.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof InterpreterFault)) throw new Error(`this is no InterpreterFault: ${String(error)}`);
  return error;
}

describe('the session of an interpreter', () => {
  test('is started by the first call, and by no other', async () => {
    const opened = open();
    expect(interpreter.starts).toHaveLength(0);

    expect(textOf(await run(opened))).toBe('42');
    await run(opened);

    expect(interpreter.starts).toHaveLength(1);
    expect(interpreter.calls).toEqual(Array(2).fill({ session: 'session-1', name: 'executeCode', arguments: CODE }));
  });

  test('is started once for calls that come together', async () => {
    const opened = open();
    await Promise.all([run(opened), run(opened), run(opened)]);
    expect(interpreter.starts).toHaveLength(1);
  });

  test('names the agent, lives for eight hours, and is not started twice with one token', async () => {
    const opened = open();
    await run(opened);
    interpreter.expire('session-1');
    await run(opened);
    await run(open());

    expect(interpreter.starts).toHaveLength(3);
    const tokens = interpreter.starts.map(({ clientToken }) => String(clientToken));
    expect(new Set(tokens).size).toBe(3);
    tokens.forEach((token) => expect(token).toMatch(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){32,255}$/));
    expect(interpreter.starts[0]).toMatchObject({ name: sessionNameOf(AGENT_SESSION), sessionTimeoutSeconds: 28_800 });
  });

  test('is kept, and used again by the next container', async () => {
    let kept: InterpreterSessionRecord | undefined;
    await run(open({ keep: keptIn((record) => (kept = record)) }));
    expect(kept).toEqual({ interpreter: INTERPRETER, session: 'session-1' });

    const answer = await run(open({ record: kept }));

    expect(answer.renewed).toBe(false);
    expect(interpreter.starts).toHaveLength(1);
    expect(session?.id).toBe('session-1');
  });

  test('is a new one after the deployment of another interpreter, and the model is told', async () => {
    const opened = open({ record: { interpreter: 'older-a1B2c3D4e5', session: 'session-of-the-older' } });
    expect((await run(opened)).renewed).toBe(true);
    expect((await run(opened)).renewed).toBe(false);
    expect(interpreter.calls.map(({ session: used }) => used)).toEqual(['session-1', 'session-1']);
  });
});

describe('a record that names a session', () => {
  const BOBS = { ...AGENT_SESSION, owner: 'bob' };

  test.each([
    ['of another user, with the same session id', BOBS],
    ['of another session of the user', { ...AGENT_SESSION, sessionId: 'another-session' }],
    ['of a caller without a name', { ...AGENT_SESSION, owner: undefined }],
  ])('%s has it neither used nor ended', async (_whose, other) => {
    interpreter.has('session-of-bob', sessionNameOf(other));
    const record = { interpreter: INTERPRETER, session: 'session-of-bob' };
    await open({ record }).stop(alone);

    const opened = open({ record });
    const answers = await Promise.all([run(opened), run(opened)]);
    await opened.stop(alone);

    expect(answers.map(({ renewed }) => renewed)).toContain(true);
    expect(interpreter.calls.map(({ session: used }) => used)).toEqual(['session-1', 'session-1']);
    expect(interpreter.stopped).toEqual(['session-1']);
    expect(interpreter.alive).toEqual(['session-of-bob']);
  });

  test('that AgentCore takes for no id at all has it replaced', async () => {
    interpreter.getFaults.push({ status: 400, type: 'ValidationException' });
    const answer = await run(open({ record: { interpreter: INTERPRETER, session: 'x.y' } }));
    expect({ renewed: answer.renewed, calls: interpreter.calls.length }).toEqual({ renewed: true, calls: 1 });
  });

  test('has it not used while AgentCore does not tell whose it is', async () => {
    interpreter.has('session-of-bob', sessionNameOf(BOBS));
    interpreter.getFaults.push({ status: 403, type: 'AccessDeniedException' });
    const opened = open({ record: { interpreter: INTERPRETER, session: 'session-of-bob' } });
    expect((await faultOf(run(opened))).code).toBe('INTERPRETER_ACCESS_DENIED');
    expect(interpreter.calls).toEqual([]);
    await run(opened);
    expect(interpreter.calls.map(({ session: used }) => used)).toEqual(['session-1']);
  });

  test('of its own has AgentCore asked once', async () => {
    interpreter.has('session-of-before', sessionNameOf(AGENT_SESSION));
    const opened = open({ record: { interpreter: INTERPRETER, session: 'session-of-before' } });
    expect((await run(opened)).renewed).toBe(false);
    await run(opened);
    expect(interpreter.asked).toEqual(['session-of-before']);
    expect(interpreter.starts).toHaveLength(0);
  });
});

test('the name of a session says which agent it is of, and no name is too long', () => {
  const names = [
    sessionNameOf(AGENT_SESSION),
    sessionNameOf({ ...AGENT_SESSION, agentName: 'a'.repeat(48), sessionId: 's'.repeat(256) }),
    sessionNameOf({ agentName: 'analyst', owner: 'a","b', sessionId: 'c' }),
    sessionNameOf({ agentName: 'analyst', owner: 'a', sessionId: 'b","c' }),
  ];
  expect(names[0]).toMatch(/^analyst-[0-9a-f]{32}$/);
  expect(new Set(names).size).toBe(names.length);
  names.forEach((name) => expect(name.length).toBeLessThanOrEqual(100));
});

describe('a session that has ended', () => {
  test('is replaced, and the call is done in the new one', async () => {
    const kept: InterpreterSessionRecord[] = [];
    const opened = open({ keep: keptIn((record) => void kept.push(record)) });
    await run(opened);
    interpreter.expire('session-1');

    const answer = await run(opened);

    expect({ text: textOf(answer), renewed: answer.renewed }).toEqual({ text: '42', renewed: true });
    expect((await run(opened)).renewed).toBe(false);
    expect(kept.map(({ session: id }) => id)).toEqual(['session-1', 'session-2']);
    expect(logged.map(({ message }) => message)).toContain('the code interpreter session is gone');
  });

  test('is replaced once when several calls find out together, and each is told', async () => {
    const opened = open();
    await run(opened);
    interpreter.expire('session-1');
    const answers = await Promise.all([run(opened), run(opened), run(opened)]);
    expect(answers.map(({ renewed }) => renewed)).toEqual([true, true, true]);
    expect(interpreter.starts).toHaveLength(2);
  });

  test('is told of in the first result after it, however many calls fail in between', async () => {
    const opened = open();
    await run(opened);
    interpreter.expire('session-1');
    interpreter.startFaults.push({ status: 402, type: 'ServiceQuotaExceededException' });
    expect((await faultOf(run(opened))).code).toBe('INTERPRETER_QUOTA_EXCEEDED');
    expect((await run(opened)).renewed).toBe(true);
  });

  test.each(['ValidationException', 'ConflictException'])(
    'is replaced also when AgentCore calls it a %s',
    async (type) => {
      const opened = open();
      await run(opened);
      interpreter.expire('session-1');
      interpreter.refusal = { status: type === 'ConflictException' ? 409 : 400, type };
      expect((await run(opened)).renewed).toBe(true);
    },
  );

  test('that died in the middle of a call has it done a second time by nobody', async () => {
    const opened = open();
    interpreter.script = ({ session: used }): InterpreterReply => {
      interpreter.expire(used);
      return { exception: 'internalServerException' };
    };
    expect((await faultOf(run(opened))).code).toBe('INTERPRETER_SESSION_LOST');
    expect(interpreter.calls).toHaveLength(1);

    interpreter.script = () => textResult('again');
    const answer = await run(opened);
    expect({ text: textOf(answer), renewed: answer.renewed }).toEqual({ text: 'again', renewed: true });
  });

  test('is not taken for gone when the service only says that something was not found', async () => {
    const opened = open();
    interpreter.script = () => ({ exception: 'resourceNotFoundException', message: `${ARN} has no file a` });
    const fault = await faultOf(run(opened));
    expect(fault.code).toBe('INTERPRETER_REFUSED');
    expect(fault.message).toMatch(/^The code interpreter has no such file or task;/);
    expect(fault.message).not.toContain('arn:aws');
    expect(logged.at(-1)).toMatchObject({ detail: `ResourceNotFoundException: ${ARN} has no file a` });
    expect(interpreter.asked).toEqual(['session-1']);
    expect(session?.id).toBe('session-1');
  });
});

describe('a failing call', () => {
  const FAULTS: readonly (readonly [string, number, InterpreterCode])[] = [
    ['AccessDeniedException', 403, 'INTERPRETER_ACCESS_DENIED'],
    ['ValidationException', 400, 'INTERPRETER_REFUSED'],
    ['ConflictException', 409, 'INTERPRETER_CONFLICT'],
    ['ServiceQuotaExceededException', 402, 'INTERPRETER_QUOTA_EXCEEDED'],
    ['ThrottlingException', 429, 'INTERPRETER_THROTTLED'],
    ['InternalServerException', 500, 'INTERPRETER_FAILED'],
  ];

  test.each(FAULTS)('with the status of %s gets its code', async (type, status, code) => {
    const opened = open();
    interpreter.script = () => ({ fault: { status, type } });
    expect((await faultOf(run(opened))).code).toBe(code);
    // What may have been done is not done again by itself; what was throttled was not done.
    expect(interpreter.calls).toHaveLength(code === 'INTERPRETER_THROTTLED' ? 3 : 1);
  });

  test.each(
    FAULTS.flatMap(([type, , code]) =>
      (['exception', 'event'] as const).map((as) => [type.charAt(0).toLowerCase() + type.slice(1), as, code] as const),
    ),
  )('with %s in its stream, as an %s, gets the same code', async (exception, as, code) => {
    const opened = open();
    interpreter.script = () => ({ exception, as });
    const fault = await faultOf(run(opened));
    expect(fault.code).toBe(code);
    expect(interpreter.calls).toHaveLength(code === 'INTERPRETER_THROTTLED' ? 3 : 1);
  });

  test('after a part of its result is not done again, even when it says that it was throttled', async () => {
    const opened = open();
    const result = { content: [{ type: 'text', text: 'half' }] };
    interpreter.script = () => ({ results: [result], exception: 'throttlingException' });
    expect((await faultOf(run(opened))).code).toBe('INTERPRETER_FAILED');
    expect(interpreter.calls).toHaveLength(1);
  });

  test.each([...FAULTS, ['ResourceNotFoundException', 404, 'INTERPRETER_REFUSED'] as const])(
    'tells the words of the service to the log alone, with %s',
    async (type, status, code) => {
      const opened = open();
      interpreter.script = () => ({ fault: { status, type, message: `${ARN} is the reason` } });
      const { message } = await faultOf(run(opened));
      expect(message).not.toMatch(/arn:aws|111122223333|is the reason/);
      expect(logged.at(-1)).toEqual({
        message: 'a call of the code interpreter failed',
        ...{ operation: 'executeCode', code, detail: `${type}: ${ARN} is the reason` },
      });
    },
  );

  test('is done after all when the service has stopped throttling', async () => {
    const opened = open();
    let left = 1;
    interpreter.script = () =>
      left-- > 0 ? { fault: { status: 429, type: 'ThrottlingException' } } : textResult('42');
    expect(textOf(await run(opened))).toBe('42');
  });

  test.each<readonly [ServiceFault, number, InterpreterCode]>([
    [{ status: 500, type: 'InternalServerException' }, 3, 'INTERPRETER_FAILED'],
    [{ status: 429, type: 'ThrottlingException' }, 3, 'INTERPRETER_THROTTLED'],
    [{ status: 403, type: 'AccessDeniedException' }, 1, 'INTERPRETER_ACCESS_DENIED'],
    [{ status: 404, type: 'ResourceNotFoundException' }, 1, 'INTERPRETER_NOT_FOUND'],
  ])('to start a session, with %o, is tried %i times', async (fault, attempts, code) => {
    interpreter.startFaults.push(fault, fault, fault);
    const opened = open();
    expect((await faultOf(run(opened))).code).toBe(code);
    expect(interpreter.starts).toHaveLength(attempts);
    expect(new Set(interpreter.starts.map(({ clientToken }) => clientToken)).size).toBe(1);
    expect(interpreter.calls).toHaveLength(0);

    interpreter.startFaults.splice(0);
    expect(textOf(await run(opened))).toBe('42');
  });

  test('without a result, or with nobody there, is told', async () => {
    const opened = open();
    interpreter.script = () => ({ results: [] });
    expect((await faultOf(run(opened))).code).toBe('INTERPRETER_UNREADABLE');

    process.env.AWS_ENDPOINT_URL_BEDROCK_AGENTCORE = 'http://127.0.0.1:9';
    expect((await faultOf(run(open()))).code).toBe('INTERPRETER_UNREACHABLE');
  });

  test.each([
    ['TimeoutError', 'INTERPRETER_TIMEOUT'],
    ['AbortError', 'INTERPRETER_CANCELLED'],
  ] as const)('that hangs ends with a signal of %s, and leaves no connection', async (reason, code) => {
    const opened = open();
    interpreter.script = () => ({ hangs: true });
    const ending = new AbortController();
    const calling = faultOf(run(opened, ending.signal));
    await waitUntil(() => interpreter.calls.length === 1);
    ending.abort(new DOMException('', reason));
    expect((await calling).code).toBe(code);
    await waitUntil(() => interpreter.open === 0);
  });
});

describe('a call that is cancelled', () => {
  /** Has one cancelled that has begun. */
  async function cancelled(of: InterpreterSession, name: ToolName, reason?: DOMException): Promise<InterpreterCode> {
    interpreter.script = () => ({ hangs: true });
    const ending = new AbortController();
    const calls = interpreter.calls.length;
    const calling = faultOf(of.call(name, { code: '6 * 7', command: 'ls', paths: ['a'] }, ending.signal));
    await waitUntil(() => interpreter.calls.length > calls);
    ending.abort(reason);
    const { code } = await calling;
    interpreter.script = () => textResult('42');
    return code;
  }

  test.each(['executeCode', 'executeCommand', 'startCommandExecution'] as const)(
    'ends the session when it is %s, which would go on there, and the next call gets another one',
    async (name) => {
      const opened = open();
      expect(await cancelled(opened, name)).toBe('INTERPRETER_CANCELLED');
      const answer = await run(opened);
      expect({ text: textOf(answer), renewed: answer.renewed }).toEqual({ text: '42', renewed: true });
      expect(interpreter.stopped).toEqual(['session-1']);
      expect(interpreter.alive).toEqual(['session-2']);
      expect(logged.find(({ message }) => message === 'the code interpreter session is gone')).toMatchObject({
        code: 'INTERPRETER_CANCELLED',
      });
    },
  );

  test('because its time is over ends the session too', async () => {
    const opened = open();
    const late = new DOMException('', 'TimeoutError');
    expect(await cancelled(opened, 'executeCode', late)).toBe('INTERPRETER_TIMEOUT');
    expect((await run(opened)).renewed).toBe(true);
    expect({ stopped: interpreter.stopped, alive: interpreter.alive }).toEqual({
      stopped: ['session-1'],
      alive: ['session-2'],
    });

    expect(await cancelled(opened, 'readFiles', late)).toBe('INTERPRETER_TIMEOUT');
    expect((await run(opened)).renewed).toBe(false);
  });

  test('leaves the session when it only looks', async () => {
    const opened = open();
    expect(await cancelled(opened, 'readFiles')).toBe('INTERPRETER_CANCELLED');
    expect((await run(opened)).renewed).toBe(false);
    expect(interpreter.stopped).toEqual([]);
  });

  test('beside others ends the session once', async () => {
    const opened = open();
    await run(opened);
    interpreter.script = () => ({ hangs: true });
    const ending = new AbortController();
    const calling = [run(opened, ending.signal), run(opened, ending.signal)].map(faultOf);
    await waitUntil(() => interpreter.calls.length === 3);
    ending.abort();
    await Promise.all(calling);
    await opened.stop(alone);
    expect(interpreter.stopped).toEqual(['session-1']);
  });

  test('while the agent session ends has the session ended before that', async () => {
    const opened = open();
    await cancelled(opened, 'executeCode');
    await opened.stop(alone);
    expect(interpreter.alive).toEqual([]);
    await waitUntil(() => interpreter.open === 0);
  });

  test('keeps nobody from going on when the session cannot be ended', async () => {
    const opened = open();
    await run(opened);
    interpreter.stopFaults.push({ status: 403, type: 'AccessDeniedException' });
    await cancelled(opened, 'executeCode');
    expect((await run(opened)).renewed).toBe(true);
    expect(logged.map(({ message }) => message)).toContain('the code interpreter session could not be stopped');
  });
});

describe('several results of one call', () => {
  test('are put together', async () => {
    const opened = open();
    interpreter.script = () => ({
      results: [
        { content: [{ type: 'text', text: 'a' }], structuredContent: { stdout: 'a', exitCode: 0 }, isError: false },
        { content: [{ type: 'text', text: 'b' }], structuredContent: { stdout: 'b', exitCode: 3 }, isError: true },
      ],
    });
    const { result } = await run(opened);
    expect(result.content.map(({ text }) => text)).toEqual(['a', 'b']);
    expect(result.structuredContent).toMatchObject({ stdout: 'ab', exitCode: 3 });
    expect(result.isError).toBe(true);
  });
});

describe('the end of the agent session', () => {
  test('ends the session of the interpreter', async () => {
    const opened = open();
    await run(opened);
    await opened.stop(alone);
    expect(interpreter.alive).toEqual([]);
    expect(logged.map(({ message }) => message)).toEqual(['code interpreter session started']);
  });

  test('ends one that a container before this one started, too', async () => {
    interpreter.has('session-of-before', sessionNameOf(AGENT_SESSION));
    await open({ record: { interpreter: INTERPRETER, session: 'session-of-before' } }).stop(alone);
    expect(interpreter.stopped).toEqual(['session-of-before']);
  });

  test.each([
    ['that was used', 1],
    ['that was not', 0],
  ])('is the end of an interpreter %s: later calls start no session', async (_which, starts) => {
    const opened = open();
    if (starts > 0) await run(opened);
    await opened.stop(alone);
    const fault = await faultOf(run(opened));
    expect(fault.message).toMatch(/^The session of the agent has ended/);
    expect(interpreter.starts).toHaveLength(starts);
    expect(interpreter.alive).toEqual([]);
  });

  test('keeps a call that is under way from starting another session', async () => {
    const opened = open();
    await run(opened);
    // Answered by nobody, so that the call finds out in the meantime.
    interpreter.stopFaults.push(undefined);
    let stopping: Promise<void> | undefined;
    interpreter.script = ({ session: used }): InterpreterReply => {
      stopping = opened.stop(alone);
      interpreter.expire(used);
      return { exception: 'resourceNotFoundException' };
    };
    expect((await faultOf(run(opened))).message).toMatch(/^The session of the agent has ended/);
    await stopping;
    expect(interpreter.starts).toHaveLength(1);
  });

  test('asks nothing when no session was started', async () => {
    await open().stop(alone);
    expect(interpreter.stopped).toEqual([]);
  });

  test('is not disturbed by a session that has ended already, and tells the log of any other failure', async () => {
    const opened = open();
    await run(opened);
    interpreter.stopFaults.push(
      { status: 404, type: 'ResourceNotFoundException' },
      { status: 403, type: 'AccessDeniedException' },
    );
    await opened.stop(alone);
    expect(logged).toHaveLength(1);
    await opened.stop(alone);
    expect(logged.at(-1)).toMatchObject({
      message: 'the code interpreter session could not be stopped',
      code: 'INTERPRETER_ACCESS_DENIED',
    });
  });

  test('does not wait for a service that is silent', async () => {
    const opened = open();
    await run(opened);
    interpreter.stopFaults.push(undefined);
    await opened.stop(alone);
    expect(logged.at(-1)).toMatchObject({ code: 'INTERPRETER_TIMEOUT' });
    await waitUntil(() => interpreter.open === 0);
  });

  test('ends a session whose start it finds under way, as soon as its id is known, and runs nothing in it', async () => {
    const opened = open();
    let answer = (): void => undefined;
    interpreter.started = () => new Promise<void>((resolve) => (answer = resolve));
    const calling = faultOf(run(opened));
    await waitUntil(() => interpreter.alive.length === 1);
    const stopping = opened.stop(alone);
    answer();
    await stopping;
    expect((await calling).message).toMatch(/^The session of the agent has ended/);
    expect(interpreter.alive).toEqual([]);
    expect(interpreter.calls).toEqual([]);
  });

  test('does not wait for ever for a start', async () => {
    const opened = open();
    interpreter.started = () => new Promise<void>(() => undefined);
    const calling = faultOf(run(opened));
    await waitUntil(() => interpreter.starts.length === 1);
    await opened.stop(alone);
    expect((await calling).code).toBe('INTERPRETER_TIMEOUT');
    await waitUntil(() => interpreter.open === 0);
  });

  test('keeps a call from being done that has just been given its session', async () => {
    const opened = open();
    await run(opened);
    const later = faultOf(run(opened));
    opened.leave();
    expect((await later).message).toMatch(/^The session of the agent has ended/);
    expect(interpreter.calls).toHaveLength(1);
  });
});

describe('the end of a container that was overtaken', () => {
  test('spares the session that the other container may go on with', async () => {
    interpreter.has('session-of-before', sessionNameOf(AGENT_SESSION));
    await open({ record: { interpreter: INTERPRETER, session: 'session-of-before' } }).stop(overtaken);
    const opened = open();
    await run(opened);
    await opened.stop(overtaken);
    expect(interpreter.alive).toEqual(['session-of-before', 'session-1']);
  });

  test('spares it also when code that is cancelled goes on in it', async () => {
    const opened = open();
    await run(opened);
    interpreter.script = () => ({ hangs: true });
    const ending = new AbortController();
    const calling = faultOf(run(opened, ending.signal));
    await waitUntil(() => interpreter.calls.length === 2);
    opened.leave();
    ending.abort();
    expect((await calling).code).toBe('INTERPRETER_CANCELLED');
    await opened.stop(overtaken);
    expect(interpreter.stopped).toEqual([]);
  });

  test('ends a session that it started and that no other container can know', async () => {
    const opened = open({ keep: () => () => false });
    await run(opened);
    await opened.stop(overtaken);
    expect(interpreter.alive).toEqual([]);
  });
});
