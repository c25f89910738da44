import type { AuditEntry } from '../../agent-image/src/permissions/audit';
import { auditLog } from '../../agent-image/src/permissions/audit';
import { PermissionDesk, type PermissionDeskOptions } from '../../agent-image/src/permissions/permission-desk';
import { type ToolCall, ToolRefused, type Verdict } from '../../agent-image/src/permissions/tool-call';
import type { PermissionAnswer, PermissionMode, ResumeEntry } from '../../agent-image/src/protocol';

const LIFETIME_MS = 60_000;
const ALL_MODES: readonly PermissionMode[] = ['ask', 'acceptEdits', 'plan', 'bypass'];

let audited: AuditEntry[];
let desk: PermissionDesk;
let calls: number;

beforeEach(() => {
  jest.useFakeTimers();
  audited = [];
  calls = 0;
  desk = newDesk();
});
afterEach(() => {
  jest.useRealTimers();
});

function newDesk(options: Partial<PermissionDeskOptions> = {}): PermissionDesk {
  return new PermissionDesk({
    modes: ALL_MODES,
    lifetimeMs: LIFETIME_MS,
    audit: (entry) => audited.push(entry),
    ...options,
  });
}

function call(toolName: string, input: Record<string, unknown> = {}): ToolCall {
  calls += 1;
  return { toolName, input, toolCallId: `call-${calls}`, check: (checked) => checked };
}

interface Asked {
  readonly id: string;
  readonly verdict: Promise<Verdict>;
  readonly abort: () => void;
}

/** Has a call judged that must become a question. */
function ask(toolCall: ToolCall = call('Write', { file_path: '/w/a.txt', content: 'x' })): Asked {
  const before = desk.open.length;
  const abort = new AbortController();
  const verdict = desk.judge(toolCall, abort.signal);
  expect(desk.open).toHaveLength(before + 1);
  return { id: desk.open.at(-1)?.id ?? '', verdict, abort: () => abort.abort() };
}

function judge(toolName: string): Promise<Verdict> {
  return desk.judge(call(toolName), new AbortController().signal);
}

const answer = (interruptId: string, payload: PermissionAnswer): ResumeEntry => ({
  interruptId,
  status: 'resolved',
  payload,
});
const allow = (id: string): ResumeEntry => answer(id, { approved: true });
const cancel = (interruptId: string): ResumeEntry => ({ interruptId, status: 'cancelled' });

/** What is thrown, as `<code>: <message>`. */
function refusal(act: () => void): string {
  try {
    act();
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code}: ${message}`;
  }
  return 'nothing was refused';
}

async function isSettled(verdict: Promise<Verdict>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([verdict, Promise.resolve(pending)])) !== pending;
}

describe('a permission mode', () => {
  const READERS = ['Read', 'Glob', 'Grep', 'Skill', 'Agent', 'TaskCreate', 'TaskGet', 'TaskList', 'TaskUpdate'];
  const WRITERS = ['Write', 'Edit', 'NotebookEdit', 'mcp__ci__write_files', 'mcp__ci__copy_from_interpreter'];
  const ACTORS = [
    'mcp__ci__execute_code',
    'mcp__ci__start_command',
    'mcp__gw__send_mail',
    'Bash',
    'WebFetch',
    'SomethingNew',
    'read',
  ];

  /** What becomes of a call: `runs`, `is asked about` or `is refused`. */
  async function fate(toolName: string): Promise<string> {
    const verdict = judge(toolName);
    if (desk.open.length > 0) {
      desk.withdraw('stopped');
      desk.beginTurn();
      await verdict;
      return 'is asked about';
    }
    return (await verdict).allowed ? 'runs' : 'is refused';
  }

  it.each([
    ['ask', { readers: 'runs', writers: 'is asked about', actors: 'is asked about' }],
    ['acceptEdits', { readers: 'runs', writers: 'runs', actors: 'is asked about' }],
    ['plan', { readers: 'runs', writers: 'is refused', actors: 'is refused' }],
    ['bypass', { readers: 'runs', writers: 'runs', actors: 'runs' }],
  ] as const)('"%s" lets exactly this pass: %j', async (mode, { readers, writers, actors }) => {
    desk.setMode(mode);
    for (const [names, expected] of [
      [READERS, readers],
      [WRITERS, writers],
      [ACTORS, actors],
    ] as const) {
      for (const name of names) {
        expect([name, await fate(name)]).toEqual([name, expected]);
      }
    }
  });

  it('that plans tells the model to make a plan, whatever was allowed for the session before', async () => {
    const { id, verdict } = ask(call('Write'));
    desk.resume([answer(id, { approved: true, scope: 'session' })]);
    await verdict;
    desk.setMode('plan');
    expect(await judge('Write')).toEqual({
      allowed: false,
      reason: expect.stringMatching(/^Write may not run: .*plan mode.* make a plan/),
    });
  });

  it('is the first of the deployment, or the one that the session had while that is still allowed', () => {
    expect(newDesk({ modes: ['plan', 'ask'] }).mode).toBe('plan');
    expect(newDesk({ modes: ['plan', 'ask'], mode: 'ask' }).mode).toBe('ask');
    expect(newDesk({ modes: ['plan', 'ask'], mode: 'bypass' }).mode).toBe('plan');
  });

  it('can be changed to what the deployment allows only, and each change is audited', () => {
    desk = newDesk({ modes: ['ask', 'plan'] });
    expect(refusal(() => desk.setMode('bypass', 'ada'))).toBe(
      'CHOICE_NOT_ALLOWED: The permission mode "bypass" is not one of: ask, plan.',
    );
    expect(desk.mode).toBe('ask');
    desk.setMode('ask', 'ada', 'request-1');
    expect(audited).toEqual([]);
    desk.setMode('plan', 'ada', 'request-2');
    expect(audited).toEqual([{ event: 'mode', mode: 'plan', by: 'ada', request_id: 'request-2' }]);
  });
});

describe('a question', () => {
  it('names the tool and what it is to do, with its whole input and the form of the answer', () => {
    const input = { file_path: '/w/notes.md', content: 'Hello' };
    ask(call('Write', input));
    expect(desk.open).toEqual([
      {
        id: 'q1-call-1',
        reason: 'tool_call',
        toolCallId: 'call-1',
        message: 'The agent wants to use Write on "/w/notes.md".',
        responseSchema: expect.objectContaining({ type: 'object', required: ['approved'] }),
        expiresAt: new Date(Date.now() + LIFETIME_MS).toISOString(),
        metadata: { tool_name: 'Write', input },
      },
    ]);
  });

  it.each([
    [call('mcp__gw__send_mail', { to: 'x' }), 'send_mail of the MCP server gw.'],
    [call('mcp__ci__execute_command', { command: 'ls -l' }), 'execute_command of the MCP server ci on "ls -l".'],
    [call('mcp__a__b__c', { code: '1' }), 'b__c of the MCP server a on "1".'],
    [call('NotebookEdit', { notebook_path: '/w/n.ipynb' }), 'NotebookEdit on "/w/n.ipynb".'],
    [call('WebFetch', { file_path: 7 }), 'WebFetch.'],
  ])('puts a call into a sentence: %#', (toolCall, sentence) => {
    ask(toolCall);
    expect(desk.open[0]?.message).toBe(`The agent wants to use ${sentence}`);
  });

  it('shows a hostile name on one line, without characters that hide or turn text around', () => {
    ask(call('Write', { file_path: '/w/a\n"Allowed by your administrator"\u202e\u200b\u0085\u2028.txt' }));
    expect(desk.open[0]?.message).toBe(
      'The agent wants to use Write on "/w/a\\n\\"Allowed by your administrator\\"\\u{202e}\\u{200b}\\u{85}\\u{2028}.txt".',
    );
  });

  it('cuts what is long, and says so', () => {
    ask(call('Write', { file_path: `/w/${'d/'.repeat(500)}name.txt`, content: 'x'.repeat(1_000_000), lines: [1] }));
    const [question] = desk.open;
    expect(question?.message.length).toBeLessThan(350);
    expect(question?.message).toMatch(/^The agent wants to use Write on "\/w\/d\/.*name\.txt"\. Its input is too long/);
    expect(JSON.stringify(question?.metadata.input).length).toBeLessThan(70_000);
    expect(question?.metadata.input).toMatchObject({
      content: expect.stringMatching(/^x+… \(\d+ more characters\)$/),
      lines: [1],
    });
  });

  it('is told to whoever listens, until the listening ends', () => {
    let told = 0;
    const end = desk.onQuestion(() => (told += 1));
    ask();
    ask();
    end();
    ask();
    expect(told).toBe(2);
    expect(desk.open.map(({ toolCallId }) => toolCallId)).toEqual(['call-1', 'call-2', 'call-3']);
  });

  it('is not asked when the SDK has given the call up already', async () => {
    const abort = new AbortController();
    abort.abort();
    expect(await desk.judge(call('Write'), abort.signal)).toMatchObject({ allowed: false, endsTurn: true });
    expect(desk.open).toEqual([]);
  });

  it('is withdrawn when the SDK gives the call up, and then takes no answer', async () => {
    const { id, verdict, abort } = ask();
    abort();
    expect(await verdict).toMatchObject({ allowed: false, endsTurn: true });
    expect(refusal(() => desk.resume([allow(id)]))).toBe(
      'INTERRUPT_NOT_OPEN: The question "q1-call-1" was withdrawn already.',
    );
    expect(audited.at(-1)).toMatchObject({ event: 'withdrawn', decision: 'stopped', question_id: id });
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('an answer', () => {
  it('that allows lets this one call run with its own input, and asks about the next', async () => {
    const { id, verdict } = ask(call('Write', { file_path: '/w/a' }));
    desk.resume([allow(id)], 'ada', 'request-1');
    expect(await verdict).toEqual({ allowed: true, input: { file_path: '/w/a' } });
    ask(call('Write', { file_path: '/w/a' }));
  });

  it('for the session covers this tool and no other', async () => {
    const { id, verdict } = ask(call('mcp__gw__send_mail'));
    desk.resume([answer(id, { approved: true, scope: 'session' })]);
    await verdict;
    expect(await judge('mcp__gw__send_mail')).toMatchObject({ allowed: true });
    expect(desk.open).toEqual([]);
    ask(call('mcp__gw__send_mail_to_all'));
    ask(call('Write'));
  });

  it('with edited input lets the tool run with exactly that, as it was checked', async () => {
    const check = jest.fn(() => ({ file_path: '/w/checked', content: 'y' }));
    const { id, verdict } = ask({ ...call('Write', { file_path: '/w/a', content: 'x' }), check });
    desk.resume([answer(id, { approved: true, editedArgs: { file_path: 'b', content: 'y' } })]);
    expect(await verdict).toEqual({ allowed: true, input: { file_path: '/w/checked', content: 'y' } });
    expect(check).toHaveBeenCalledWith({ file_path: 'b', content: 'y' });
    expect(audited.at(-1)).toMatchObject({ event: 'answer', decision: 'allowed', edited: true });
  });

  it.each([
    [undefined, 'The person did not allow this. Do not try to do it in another way.'],
    ['  ', 'The person did not allow this. Do not try to do it in another way.'],
    ['Use b.txt.', 'The person did not allow this, and said: Use b.txt.'],
  ])('that denies tells the model why: %j', async (message, reason) => {
    const { id, verdict } = ask();
    desk.resume([answer(id, { approved: false, ...(message !== undefined && { message }) })]);
    expect(await verdict).toEqual({ allowed: false, reason });
    expect(desk.turnOver).toBeUndefined();
  });

  it('that withdraws ends the turn: nothing runs, and the turn is to be interrupted before calls learn of it', async () => {
    const first = ask();
    const second = ask();
    let settledBefore: boolean | undefined;
    desk.onTurnOver(() => void isSettled(first.verdict).then((settled) => (settledBefore = settled)));
    desk.resume([cancel(first.id), cancel(second.id)], 'ada');
    expect(await Promise.all([first.verdict, second.verdict])).toEqual([
      { allowed: false, reason: expect.stringContaining('ended this turn'), endsTurn: true },
      { allowed: false, reason: expect.stringContaining('ended this turn'), endsTurn: true },
    ]);
    expect(settledBefore).toBe(false);
    expect(desk.turnOver).toBe('cancelled');
  });

  it('to several questions may differ', async () => {
    const [first, second] = [ask(), ask(call('mcp__gw__x'))];
    desk.tell();
    desk.resume([answer(second.id, { approved: false }), allow(first.id)]);
    expect(await first.verdict).toMatchObject({ allowed: true });
    expect(await second.verdict).toMatchObject({ allowed: false });
  });

  it('may come for what was told while a question that was not told stays open', async () => {
    const first = ask();
    expect(desk.tell().map(({ id }) => id)).toEqual([first.id]);
    const second = ask();
    desk.resume([allow(first.id)]);
    expect(await first.verdict).toMatchObject({ allowed: true });
    expect(desk.open.map(({ id }) => id)).toEqual([second.id]);
  });
});

describe('answers that are refused', () => {
  let first: Asked;
  let second: Asked;

  beforeEach(() => {
    first = ask();
    second = ask();
    desk.tell();
    audited = [];
  });

  /** `answers` are refused as a whole: nothing ran, nothing was decided, and both questions can still be answered. */
  async function expectNothingDone(answers: readonly ResumeEntry[], expected: string | RegExp): Promise<void> {
    expect(refusal(() => desk.resume(answers, 'ada'))).toMatch(expected);
    expect(await isSettled(first.verdict)).toBe(false);
    expect(await isSettled(second.verdict)).toBe(false);
    expect(audited).toEqual([]);
    expect(desk.open.map(({ id }) => id)).toEqual([first.id, second.id]);
    desk.resume([allow(first.id), allow(second.id)]);
    expect(await first.verdict).toMatchObject({ allowed: true });
  }

  it('leave one out', () =>
    expectNothingDone([allow('q1-call-1')], /^INVALID_REQUEST: .*"q2-call-2" is open too: answer all questions/));

  it('are none', () => expectNothingDone([], /^INVALID_REQUEST: .*"resume" has no entry/));

  it('name a question that was never asked', () =>
    expectNothingDone([allow('q1-call-1'), allow('q9')], /^INTERRUPT_NOT_OPEN: The question "q9" is not known\.$/));

  it('name one twice', () =>
    expectNothingDone([allow('q1-call-1'), allow('q1-call-1')], /^INVALID_REQUEST: .*answers "q1-call-1" twice/));

  it('withdraw one and answer the other', () =>
    expectNothingDone([allow('q1-call-1'), cancel('q2-call-2')], /^INVALID_REQUEST: .*to all questions or to none/));

  it.each<[PermissionAnswer | undefined, RegExp]>([
    [undefined, /needs a "payload" with "approved"/],
    [{ approved: false, scope: 'session' }, /denies for the session/],
    [{ approved: false, editedArgs: {} }, /denies, and yet has "editedArgs"/],
    [{ approved: false, message: 'x'.repeat(2_001) }, /"message" of 2001 characters: it may have 2000/],
  ])('have a payload that cannot be an answer: %#', (payload, expected) =>
    expectNothingDone(
      [allow('q1-call-1'), { interruptId: 'q2-call-2', status: 'resolved', ...(payload && { payload }) }],
      new RegExp(`^INVALID_REQUEST: The request is not valid: the answer to "q2-call-2" .*${expected.source}`),
    ),
  );

  it('have edited input that must not run', async () => {
    desk.withdraw('stopped');
    desk.beginTurn();
    const check = (): never => {
      throw new ToolRefused('"/etc/passwd" is outside of /w.');
    };
    first = ask();
    second = ask({ ...call('Write'), check });
    desk.tell();
    audited = [];
    const edited = answer(second.id, { approved: true, editedArgs: { file_path: '/etc/passwd' } });
    await expectNothingDone(
      [allow(first.id), edited],
      /^INVALID_REQUEST: .*"editedArgs" of "q4-call-4" may not run \("\/etc\/passwd" is outside of \/w\.\)/,
    );
  });

  it('come a second time', async () => {
    desk.resume([allow(first.id), allow(second.id)]);
    expect(refusal(() => desk.resume([allow(first.id), allow(second.id)]))).toBe(
      'INTERRUPT_NOT_OPEN: The question "q1-call-1" was answered already.',
    );
  });
});

describe('a question that nobody answers', () => {
  it('expires: nothing runs, the turn is to be interrupted, and an answer is too late', async () => {
    const [first, second] = [ask(), ask()];
    let interrupts = 0;
    const end = desk.onTurnOver(() => (interrupts += 1));
    jest.advanceTimersByTime(LIFETIME_MS - 1);
    expect(desk.open).toHaveLength(2);
    jest.advanceTimersByTime(1);
    expect(await Promise.all([first.verdict, second.verdict])).toEqual([
      { allowed: false, reason: expect.stringContaining('Nobody answered in time'), endsTurn: true },
      { allowed: false, reason: expect.stringContaining('Nobody answered in time'), endsTurn: true },
    ]);
    expect(interrupts).toBe(1);
    expect(desk.turnOver).toBe('expired');
    expect(refusal(() => desk.resume([allow(first.id)]))).toBe(
      'INTERRUPT_NOT_OPEN: The question "q1-call-1" has expired. Nothing was run: send the prompt again.',
    );
    expect(jest.getTimerCount()).toBe(0);
    end();
  });

  it('keeps what is called after it in the same turn from running, and from being asked about', async () => {
    const { verdict } = ask();
    jest.advanceTimersByTime(LIFETIME_MS);
    await verdict;
    for (const name of ['Write', 'Read', 'mcp__gw__x']) {
      expect(await judge(name)).toMatchObject({ allowed: false, endsTurn: true });
    }
    expect(desk.open).toEqual([]);
    desk.beginTurn();
    expect(desk.turnOver).toBeUndefined();
    expect(await judge('Read')).toMatchObject({ allowed: true });
  });

  it('has expired by the clock, even when no timer ran while the machine was suspended', async () => {
    const { id, verdict } = ask();
    jest.setSystemTime(Date.now() + LIFETIME_MS);
    expect(refusal(() => desk.resume([allow(id)]))).toMatch(/^INTERRUPT_NOT_OPEN: .* has expired\./);
    expect(await verdict).toMatchObject({ allowed: false, endsTurn: true });
  });

  it('lives for ten minutes by default, less than AgentCore keeps an idle session', () => {
    const { lifetimeMs } = new PermissionDesk({ modes: ['ask'], audit: () => undefined });
    expect(lifetimeMs).toBe(600_000);
  });
});

describe('a withdrawal', () => {
  it.each([
    ['cancelled', /ended this turn/],
    ['stopped', /session was stopped/],
  ] as const)('(%s) closes all questions without running anything', async (reason, expected) => {
    const [first, second] = [ask(), ask()];
    let interrupts = 0;
    desk.onTurnOver(() => (interrupts += 1));
    desk.withdraw(reason, 'ada', 'request-9');
    for (const verdict of await Promise.all([first.verdict, second.verdict])) {
      expect(verdict).toEqual({ allowed: false, reason: expect.stringMatching(expected), endsTurn: true });
    }
    expect(desk.open).toEqual([]);
    expect(interrupts).toBe(0);
    expect(audited.at(-1)).toMatchObject({ event: 'withdrawn', decision: reason, by: 'ada', request_id: 'request-9' });
    expect(await judge('Write')).toMatchObject({ allowed: false, endsTurn: true });
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('the audit', () => {
  it('has who decided what, when and with which request, and nothing of what the tool was to do', async () => {
    const lines: [string, string, unknown][] = [];
    desk = newDesk({ audit: auditLog((level, message, fields) => lines.push([level, message, fields])) });
    const { id, verdict } = ask(call('Write', { file_path: '/w/private.txt', content: 'a secret' }));
    const edited = { file_path: '/w/private-2.txt', content: 'another secret' };
    desk.resume(
      [answer(id, { approved: true, scope: 'session', editedArgs: edited, message: 'a remark' })],
      'ada',
      'request-1',
    );
    await verdict;
    const names = { question_id: id, tool_name: 'Write', tool_call_id: 'call-1' };
    expect(lines).toEqual([
      ['info', 'permission: question', { audit: true, event: 'question', ...names }],
      [
        'info',
        'permission: answer',
        {
          ...{ audit: true, event: 'answer', ...names },
          ...{ decision: 'allowed', scope: 'session', edited: true, by: 'ada', request_id: 'request-1' },
        },
      ],
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/private|secret|remark/);
  });

  it('has a denial without a scope, and nobody where nobody is known', async () => {
    const { id, verdict } = ask();
    desk.resume([answer(id, { approved: false })]);
    await verdict;
    expect(audited.at(-1)).toEqual({
      event: 'answer',
      decision: 'denied',
      question_id: id,
      tool_name: 'Write',
      tool_call_id: 'call-1',
    });
  });
});
