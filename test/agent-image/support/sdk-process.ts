import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { sdkOptions } from '../../../agent-image/src/sdk-options';
import type { ModelScript } from '../../../bin/local/model/model-script';
import type { ScriptedModel } from '../../../bin/local/model/scripted-model';

/** One request that the agent process made of the model provider. */
export interface ProviderCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Of a model call: the model that was asked. */
  readonly model?: string;
}

export interface ScriptedProvider {
  script: ModelScript;
  readonly url: string;
  readonly calls: readonly ProviderCall[];
  close(): Promise<void>;
}

/** A model provider on loopback that keeps what it was asked, and how. */
export async function startProvider(
  create: (script: ModelScript) => ScriptedModel,
  script: ModelScript,
): Promise<ScriptedProvider> {
  const calls: ProviderCall[] = [];
  const model = create((request) => provider.script(request));
  const server = createServer((req, res) => {
    buffer(req).then(
      (body) => {
        const known = model.requests.length;
        const done = model.handle(req, res, body);
        const request = model.requests[known];
        calls.push({
          ...{ method: req.method ?? '', path: decodeURIComponent(req.url ?? ''), headers: req.headers },
          ...(request && { model: request.modelId }),
        });
        return done;
      },
      () => res.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const provider: ScriptedProvider = {
    script,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return provider;
}

/** What the tests look at in the result of a turn. */
export interface TurnResult {
  readonly is_error: boolean;
  readonly result?: string;
}

/**
 * Has the real SDK answer one prompt in a Node process of its own: it is an ES module, which jest does not load. All tools
 * are allowed: functions among the options stay behind.
 */
export async function answerWithSdk(options: ReturnType<typeof sdkOptions>, prompt: string): Promise<TurnResult> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    cwd: join(__dirname, '..', '..', '..', 'agent-image'),
    env: { OPTIONS: JSON.stringify({ ...options, hooks: undefined }), PROMPT: prompt },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors] = await Promise.all([buffer(child.stdout), buffer(child.stderr), once(child, 'close')]);
  try {
    return JSON.parse(output.toString('utf8')) as TurnResult;
  } catch {
    throw new Error(`the SDK gave no result: ${errors.toString('utf8')}`);
  }
}

const PROGRAM = `
import { query } from '@anthropic-ai/claude-agent-sdk';
const decision = { hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'allow' } };
const hooks = { PreToolUse: [{ hooks: [() => Promise.resolve(decision)] }] };
async function* prompts() {
  yield { type: 'user', message: { role: 'user', content: process.env.PROMPT }, parent_tool_use_id: null };
  await new Promise(() => undefined);
}
const turn = query({ prompt: prompts(), options: { ...JSON.parse(process.env.OPTIONS), hooks } });
for await (const message of turn) {
  if (message.type === 'result') {
    process.stdout.write(JSON.stringify(message));
    // This process then ends by itself, and not before the agent process has.
    turn.close();
  }
}
`;
