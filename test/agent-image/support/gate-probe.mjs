/**
 * One turn of the real SDK under the hooks of the agent server, with a gate that behaves as the third argument says.
 * A process of its own, because the SDK is an ES module, which the tests cannot load.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const [modelUrl, home, behaviour] = process.argv.slice(2);
const agentImage = join(import.meta.dirname, '..', '..', '..', 'agent-image');
const sdk = createRequire(join(agentImage, 'package.json')).resolve('@anthropic-ai/claude-agent-sdk');
const { query } = await import(pathToFileURL(sdk).href);
const { permissionHooks } = await import(pathToFileURL(join(agentImage, 'dist', 'tool-gate.js')).href);

const BEHAVIOURS = {
  allows: () => ({ hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'allow' } }),
  throws: () => {
    throw new Error('broken');
  },
  'answers nonsense': () => ({ hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'perhaps' } }),
  'answers nothing': () => undefined,
  hangs: () => sleep(60_000, undefined, { ref: false }),
};
const gate = { timeoutSeconds: 1, decide: async () => BEHAVIOURS[behaviour]() };

async function* prompts() {
  yield { type: 'user', parent_tool_use_id: null, message: { role: 'user', content: 'Go' } };
}

const turn = query({
  prompt: prompts(),
  options: {
    model: 'global.anthropic.claude-sonnet-5-5',
    cwd: home,
    tools: ['Read', 'Write'],
    // Both would run without a hook.
    allowedTools: ['Read', 'Write'],
    settingSources: [],
    hooks: permissionHooks(gate),
    env: {
      PATH: process.env.PATH,
      HOME: home,
      CLAUDE_CONFIG_DIR: join(home, '.claude'),
      CLAUDE_CODE_USE_BEDROCK: '1',
      CLAUDE_CODE_SKIP_BEDROCK_AUTH: '1',
      ANTHROPIC_BEDROCK_BASE_URL: modelUrl,
      AWS_REGION: 'eu-west-1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      ANTHROPIC_DEFAULT_OPUS_MODEL: 'global.anthropic.claude-opus-5-5',
      ANTHROPIC_DEFAULT_HAIKU_MODEL: 'global.anthropic.claude-haiku-5-5',
    },
  },
});
for await (const message of turn) {
  if (message.type === 'result') {
    process.stdout.write(JSON.stringify(message.result));
    break;
  }
}
process.exit(0);
