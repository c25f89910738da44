/**
 * Records what the real Claude Agent SDK says in turns of many kinds, as the golden streams of `golden.test.ts`:
 * `node --import tsx test/agent-image/support/record-turns.ts [scenario …]`, then `npm run format`. What the translation
 * makes of it is written beside it; read the difference before it is committed.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClaudeProcess } from '../../../agent-image/src/claude-process';
import type {
  ModelRequest,
  ModelScript,
  ScriptedMessage,
  ScriptedReply,
} from '../../../bin/local/model/scripted-bedrock';
import { agentEnvironment, MAIN_MODEL, startScriptedModel } from './agent-fixture';
import { type GoldenTurn, type SdkMessage, translateTurn } from './golden-turn';
import { normalised } from './normalise-messages';
import { type McpToolServer, startMcpToolServer } from './scripted-mcp-server';

type Options = ConstructorParameters<typeof ClaudeProcess>[0];
type Hook = NonNullable<NonNullable<Options['hooks']>['PreToolUse']>[number]['hooks'][number];

interface Scenario {
  readonly script: ModelScript;
  /** The turn is interrupted when this message comes. */
  readonly interruptAt?: (message: SdkMessage) => boolean;
  /** This tool is held until everything else is silent, as a question to a person holds it. */
  readonly asksBefore?: string;
}

/** Longer than the SDK takes between two messages, in milliseconds; used for recording only. */
const SILENCE_MS = 500;

const say = (text: string | readonly string[], more: Partial<ScriptedMessage> = {}): ScriptedMessage => ({
  ...{ kind: 'message', text },
  ...more,
});
const call = (name: string, input: object = {}): { name: string; input: object } => ({ name, input });
const ask = (description: string): { name: string; input: object } =>
  call('Agent', { description, prompt: `Please ${description}`, subagent_type: 'pilot' });
const isSubAgent = ({ body }: ModelRequest): boolean => JSON.stringify(body.system).includes('You are a pilot');
const hasResult = ({ body }: ModelRequest): boolean => JSON.stringify(body.messages.at(-1)).includes('tool_result');

/** The first replies in order, then the last one again and again. */
function inOrder(...replies: readonly ScriptedReply[]): ModelScript {
  let calls = 0;
  return () => replies[Math.min(calls++, replies.length - 1)] ?? say('the end');
}

const withPilot =
  (own: ScriptedMessage, pilot: ScriptedReply): ModelScript =>
  (request) => {
    if (isSubAgent(request)) return hasResult(request) ? say('High water is at nine.') : pilot;
    return hasResult(request) ? say('Both say nine.') : own;
  };

const midStreamFault: ScriptedReply = {
  ...{ kind: 'mid-stream-fault', text: 'Half of ', type: 'modelStreamErrorException' },
  message: 'broke',
};

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  text: { script: () => say(['High water ', 'is at nine.']) },
  thinking: { script: () => say('At nine.', { thinking: 'Which tide?' }) },
  tool: { script: inOrder(say('I look.', { toolUses: [call('mcp__t__look')] }), say('It is there.')) },
  'parallel-tools': {
    script: inOrder(say('', { toolUses: [call('mcp__t__look'), call('mcp__t__fail')] }), say('One failed.')),
  },
  'fault-then-same-text': { script: inOrder(midStreamFault, say(['Half of ', 'the answer'])) },
  'fault-then-other-text': { script: inOrder(midStreamFault, say('Another answer')) },
  'retry-before-answer': {
    script: inOrder({ kind: 'fault', status: 503, type: 'ServiceUnavailableException', message: 'busy' }, say('Now.')),
  },
  'sub-agents': {
    script: withPilot(
      say('I ask twice.', { toolUses: [ask('check the tide'), ask('check it again')] }),
      say('I look.', { thinking: 'Where?', toolUses: [call('mcp__t__look')] }),
    ),
  },
  'sub-agent-fault': {
    script: withPilot(say('', { toolUses: [ask('check the tide')] }), {
      ...{ kind: 'fault', status: 400, type: 'ValidationException', message: 'odd' },
    }),
  },
  plan: {
    script: inOrder(
      say('', {
        toolUses: [
          call('TaskCreate', { subject: 'Measure', description: 'Measure it' }),
          call('TaskCreate', { subject: 'Cut', description: 'Cut it' }),
        ],
      }),
      say('', { toolUses: [call('TaskUpdate', { taskId: '1', status: 'in_progress', subject: 'Measure twice' })] }),
      say('', { toolUses: [call('TaskUpdate', { taskId: '2', status: 'deleted' })] }),
      say('', { toolUses: [call('TaskUpdate', { taskId: '7', status: 'completed' })] }),
      say('', { toolUses: [call('TaskUpdate', { taskId: '1', status: 'completed' })] }),
      say('Done.'),
    ),
  },
  interrupted: {
    script: () => say(['Once upon ', 'a time'], { gate: new Promise(() => undefined) }),
    interruptAt: (message) => message.type === 'stream_event' && message.event.type === 'content_block_delta',
  },
  'interrupted-sub-agent': {
    script: withPilot(say('', { toolUses: [ask('check the tide')] }), { kind: 'hang' }),
    interruptAt: (message) => message.type === 'user' && message.parent_tool_use_id !== null,
  },
  refusal: { script: () => say('I will', { stopReason: 'refusal' }) },
  'huge-result': { script: inOrder(say('', { toolUses: [call('mcp__t__huge')] }), say('Too much.')) },
  'invented-tool': { script: inOrder(say('', { toolUses: [call('levitate')] }), say('I cannot.')) },
  question: {
    script: inOrder(say('May I?', { toolUses: [call('mcp__t__look')] }), say('Thanks.')),
    asksBefore: 'mcp__t__look',
  },
  'sub-agent-question': {
    script: withPilot(
      say('I ask.', { toolUses: [ask('check the tide')] }),
      say('May I?', { toolUses: [call('mcp__t__look')] }),
    ),
    asksBefore: 'mcp__t__look',
  },
};

async function record(name: string, scenario: Scenario, tools: McpToolServer): Promise<void> {
  const model = await startScriptedModel(scenario.script);
  const home = mkdtempSync(join(tmpdir(), 'agent-record-'));
  mkdirSync(join(home, 'workspace'));
  const runs: SdkMessage[][] = [[]];
  const asked: string[] = [];
  let lastMessage = Date.now();
  const question: Hook = async (event, toolUseId) => {
    if (event.hook_event_name === 'PreToolUse' && event.tool_name === scenario.asksBefore) {
      while (Date.now() - lastMessage < SILENCE_MS) await sleep(20);
      asked.push(toolUseId ?? '');
      runs.push([]);
    }
    return { hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'allow' } };
  };
  const agentProcess = new ClaudeProcess(options(home, model.url, tools.url, question), () => undefined);
  await agentProcess.run('Go', (message) => {
    lastMessage = Date.now();
    runs.at(-1)?.push(message);
    if (scenario.interruptAt?.(message)) void agentProcess.interrupt();
  });
  await agentProcess.close();
  await model.close();
  rmSync(home, { recursive: true, force: true });

  const recorded = normalised({ runs, asked }, home);
  const golden: GoldenTurn = { ...recorded, events: translateTurn(recorded) };
  writeFileSync(join(__dirname, '..', 'golden', `${name}.json`), `${JSON.stringify(golden, undefined, 2)}\n`);
  process.stdout.write(`${name}: ${runs.flat().length} messages, ${golden.events.flat().length} events\n`);
}

function options(home: string, modelUrl: string, toolsUrl: string, question: Hook): Options {
  return {
    model: MAIN_MODEL,
    systemPrompt: 'You answer.',
    cwd: join(home, 'workspace'),
    tools: ['Agent', 'TaskCreate', 'TaskUpdate'],
    allowedTools: ['Agent', 'TaskCreate', 'TaskUpdate', 'mcp__t'],
    agents: { pilot: { description: 'Knows the tides', prompt: 'You are a pilot.', background: false } },
    mcpServers: { t: { type: 'http', url: toolsUrl } },
    mcpServersDelivery: 'initialize',
    hooks: { PreToolUse: [{ hooks: [question], timeout: 60 }] },
    settingSources: [],
    strictMcpConfig: true,
    permissionPrompts: 'none',
    includePartialMessages: true,
    forwardSubagentText: true,
    verbatimPrompts: true,
    env: {
      ...agentEnvironment({ url: modelUrl }, home),
      CLAUDE_CONFIG_DIR: join(home, '.claude'),
      CLAUDE_CODE_USE_BEDROCK: '1',
      CLAUDE_CODE_MAX_RETRIES: '2',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
      CLAUDE_AGENT_SDK_DISABLE_BUILTIN_AGENTS: '1',
      CLAUDE_CODE_SUBAGENT_MODEL: MAIN_MODEL,
      ANTHROPIC_DEFAULT_OPUS_MODEL: 'global.anthropic.claude-opus-5-5',
      ANTHROPIC_DEFAULT_HAIKU_MODEL: 'global.anthropic.claude-haiku-5-5',
      ANTHROPIC_DEFAULT_SONNET_MODEL: MAIN_MODEL,
    },
  };
}

async function main(names: readonly string[]): Promise<void> {
  const text = (value: string): { content: object[] } => ({ content: [{ type: 'text', text: value }] });
  const image = {
    type: 'image',
    mimeType: 'image/png',
    data: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  };
  const tools = await startMcpToolServer({
    look: () => ({ content: [{ type: 'text', text: 'A boat.' }, image] }),
    fail: () => ({ ...text('There is fog.'), isError: true }),
    huge: () => text('wave '.repeat(80_000)),
  });
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    if (names.length === 0 || names.includes(name)) await record(name, scenario, tools);
  }
  await tools.close();
}

void main(process.argv.slice(2));
