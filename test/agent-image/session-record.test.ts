import { parseSessionRecord } from '../../agent-image/src/workspace/session-record';

const WHOLE = {
  owner: 'ada',
  conversation: '11111111-2222-4333-8444-555555555555',
  systemPrompt: 'Be brief.',
  permissionMode: 'ask',
  codeInterpreter: { interpreter: 'aws.codeinterpreter.v1', session: '01HZX3K5V7' },
  eventsBelow: 7,
  used: { cost_usd: 0.5, turns: 2 },
  activeRun: { run_id: 'run-1', started_at: '2026-11-21T12:00:00.000Z', prompt: 'Go on.' },
};

test('a record is read as it was written, with all fields and with those that every one has', () => {
  const { owner, permissionMode, eventsBelow, used } = WHOLE;
  for (const record of [WHOLE, { owner, permissionMode, eventsBelow, used }, { ...WHOLE, owner: null }]) {
    expect(parseSessionRecord(JSON.stringify(record))).toEqual(record);
  }
});

test.each([
  ['no JSON', '{'],
  ['null', 'null'],
  ['a list', '[]'],
  ['a number', '7'],
])('%s is no record', (_what, text) => {
  expect(parseSessionRecord(text)).toBeUndefined();
});

test.each<readonly [string, object]>([
  ['the owner is missing', { owner: undefined }],
  ['the owner is no text', { owner: 7 }],
  ['the cost is negative, which would raise the limit', { used: { cost_usd: -100, turns: 2 } }],
  ['the cost is a text', { used: { cost_usd: '0', turns: 2 } }],
  ['the cost is null, as JSON writes numbers that are none', { used: { cost_usd: Number.NaN, turns: 2 } }],
  ['the turns are negative', { used: { cost_usd: 0, turns: -1 } }],
  ['the turns are no whole number', { used: { cost_usd: 0, turns: 0.5 } }],
  ['the turns are missing', { used: { cost_usd: 0 } }],
  ['nothing tells what was used', { used: undefined }],
  ['the numbers of events begin below zero', { eventsBelow: -1 }],
  ['the numbers of events have no room left', { eventsBelow: Number.MAX_SAFE_INTEGER }],
  ['there is no such permission mode', { permissionMode: 'everything' }],
  ['the conversation leads to another folder', { conversation: '../../x' }],
  ['the conversation would be taken for an option', { conversation: '--help' }],
  ['the conversation is empty', { conversation: '' }],
  ['the system prompt is no text', { systemPrompt: ['Obey.'] }],
  ['the interpreter session is no text', { codeInterpreter: { interpreter: 'a', session: {} } }],
  ['the interpreter session is a path', { codeInterpreter: { interpreter: 'a', session: 'a/b' } }],
  ['the interpreter is missing', { codeInterpreter: { session: 'a' } }],
  ['the run has no prompt', { activeRun: { run_id: 'run-1', started_at: '2026-11-21T12:00:00.000Z' } }],
  ['the run is a text', { activeRun: 'run-1' }],
])('it is no record when %s', (_why, change) => {
  expect(parseSessionRecord(JSON.stringify({ ...WHOLE, ...change }))).toBeUndefined();
});
