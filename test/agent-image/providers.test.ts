import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { readConfig } from '../../agent-image/src/config';
import { type Definition, NO_DEFINITION } from '../../agent-image/src/definition';
import { sdkOptions } from '../../agent-image/src/sdk-options';
import type { SessionSecrets } from '../../agent-image/src/secrets';
import type { ModelScript } from '../../bin/local/model/model-script';
import { createScriptedAnthropic } from '../../bin/local/model/scripted-anthropic';
import { createScriptedBedrock } from '../../bin/local/model/scripted-bedrock';
import { answerWithSdk, type ScriptedProvider, startProvider, type TurnResult } from './support/sdk-process';
import { startTideServer } from './support/mcp-server';

const SECRET_ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:models-AbCdEf';
const PROMPT = 'Go, said the PROMPT';
const KEY = 'the-key-of-the-provider';

/** Sub-agents of two models, so that each role of a model is called. */
const TWO_SUB_AGENTS: Definition = {
  ...NO_DEFINITION,
  agents: {
    reviewer: { description: 'Reviews', prompt: 'You review.' },
    reader: { description: 'Reads', prompt: 'You read.', model: 'fast' },
  },
};
const DELEGATING: ModelScript = ({ body }) => {
  if (/You (review|read)\./.test(JSON.stringify(body.system))) return { kind: 'message', text: 'A report.' };
  const subagent_type = ['reviewer', 'reader'][body.messages.filter(({ role }) => role === 'assistant').length];
  return subagent_type === undefined
    ? { kind: 'message', text: 'Done.' }
    : { kind: 'message', toolUses: [{ name: 'Agent', input: { description: 'task', prompt: 'Go', subagent_type } }] };
};

let home: string;
let provider: ScriptedProvider;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'providers-test-'));
});
afterEach(async () => {
  await provider.close();
  rmSync(home, { recursive: true, force: true });
});

interface Turn {
  readonly env: Record<string, string>;
  readonly definition?: Definition;
  readonly secrets?: SessionSecrets;
  /** Shorter bounds of time than the agent's own. */
  readonly bounds?: Record<string, string>;
}

/** One turn of the real SDK with the options that the agent makes of this environment. */
async function turn({
  env,
  definition = NO_DEFINITION,
  secrets = { values: {} },
  bounds = {},
}: Turn): Promise<TurnResult> {
  const all = { PATH: process.env.PATH, HOME: home, AWS_REGION: 'eu-west-1', ...AWS_CREDENTIALS, ...env };
  const config = readConfig(all);
  mkdirSync(config.workspaceDirectory, { recursive: true });
  const options = sdkOptions({ config, definition, env: all, secrets, hooks: {}, onStderr: () => undefined });
  return answerWithSdk({ ...options, env: { ...options.env, ...bounds } }, PROMPT);
}

const AWS_CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'example-secret',
  AWS_EC2_METADATA_DISABLED: 'true',
};

describe('an endpoint that speaks the Messages API', () => {
  const MODELS = {
    AGENT_MODEL_MAIN: 'qwen/coder-main',
    AGENT_MODEL_FAST: 'qwen/coder-fast',
    AGENT_MODEL_SUBAGENT: 'qwen/coder-sub',
  };

  beforeEach(async () => {
    provider = await startProvider(createScriptedAnthropic, DELEGATING);
  });

  it.each([
    ['authorization', { authorization: `Bearer ${KEY}` }, 'x-api-key'],
    ['x-api-key', { 'x-api-key': KEY }, 'authorization'],
  ])('gets its key as %s, and calls of its own models only', async (header, sent, notSent) => {
    const choice = { type: 'compatibleEndpoint', url: provider.url, secretArn: SECRET_ARN, header };
    const env = { ...MODELS, AGENT_MODEL_PROVIDER: JSON.stringify(choice) };
    const result = await turn({ env, definition: TWO_SUB_AGENTS, secrets: { modelKey: KEY, values: {} } });
    expect(result).toMatchObject({ is_error: false, result: 'Done.' });
    expect(provider.calls.map(({ model }) => model)).toEqual([
      ...['qwen/coder-main', 'qwen/coder-sub', 'qwen/coder-main', 'qwen/coder-fast', 'qwen/coder-main'],
    ]);
    for (const { method, path, headers } of provider.calls) {
      expect([method, path]).toEqual(['POST', '/v1/messages?beta=true']);
      expect(headers).toMatchObject(sent);
      expect(headers[notSent]).toBeUndefined();
    }
  });

  it('is sent nothing that the Messages API has on trial', async () => {
    const choice = { type: 'compatibleEndpoint', url: provider.url, secretArn: SECRET_ARN };
    const env = { ...MODELS, AGENT_MODEL_PROVIDER: JSON.stringify(choice) };
    await turn({ env, secrets: { modelKey: KEY, values: {} } });
    expect(String(provider.calls[0]?.headers['anthropic-beta'])).not.toMatch(/context-management|mid-conversation/);
  });

  it('is the Anthropic API when the environment says where that is', async () => {
    const env = {
      AGENT_MODEL_MAIN: 'claude-sonnet-5-5',
      AGENT_MODEL_FAST: 'claude-haiku-5-5',
      AGENT_MODEL_PROVIDER: JSON.stringify({ type: 'anthropicApi', secretArn: SECRET_ARN }),
      ANTHROPIC_BASE_URL: provider.url,
    };
    const result = await turn({ env, definition: TWO_SUB_AGENTS, secrets: { modelKey: KEY, values: {} } });
    expect(result.is_error).toBe(false);
    expect(new Set(provider.calls.map(({ model }) => model))).toEqual(
      new Set(['claude-sonnet-5-5', 'claude-haiku-5-5']),
    );
    expect(provider.calls.every(({ headers }) => headers['x-api-key'] === KEY)).toBe(true);
  });
});

describe('Amazon Bedrock', () => {
  const MODELS = {
    AGENT_MODEL_MAIN: 'eu.anthropic.claude-sonnet-5-5',
    AGENT_MODEL_FAST: 'eu.anthropic.claude-haiku-5-5',
    AGENT_MODEL_SUBAGENT: 'eu.anthropic.claude-opus-5-5',
  };

  beforeEach(async () => {
    provider = await startProvider(createScriptedBedrock, DELEGATING);
  });

  function modelCalls(): ScriptedProvider['calls'] {
    return provider.calls.filter(({ model }) => model !== undefined);
  }

  it('is told the guardrail in every call, as part of what is signed', async () => {
    const id = 'arn:aws:bedrock:eu-west-1:111122223333:guardrail/abc123';
    const env = {
      ...MODELS,
      AGENT_GUARDRAIL: JSON.stringify({ id, version: '7' }),
      ANTHROPIC_BEDROCK_BASE_URL: provider.url,
    };
    expect(await turn({ env, definition: TWO_SUB_AGENTS })).toMatchObject({ is_error: false, result: 'Done.' });
    expect(new Set(modelCalls().map(({ model }) => model))).toEqual(new Set(Object.values(MODELS)));
    for (const { headers } of modelCalls()) {
      expect(headers).toMatchObject({
        'x-amzn-bedrock-guardrailidentifier': id,
        'x-amzn-bedrock-guardrailversion': '7',
      });
      const [, signed = ''] = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? [];
      expect(signed.split(';')).toEqual(
        expect.arrayContaining(['x-amzn-bedrock-guardrailidentifier', 'x-amzn-bedrock-guardrailversion']),
      );
    }
  });

  it('is told of no guardrail when there is none', async () => {
    provider.script = () => ({ kind: 'message', text: 'Yes.' });
    await turn({ env: { ...MODELS, ANTHROPIC_BEDROCK_BASE_URL: provider.url } });
    expect(modelCalls()).toHaveLength(1);
    expect(Object.keys(modelCalls()[0]?.headers ?? {}).join()).not.toContain('guardrail');
  });

  it('is asked three times in all when it does not answer, each time for as long as is allowed', async () => {
    provider.script = () => ({ kind: 'hang' });
    const env = { ...MODELS, ANTHROPIC_BEDROCK_BASE_URL: provider.url };
    const result = await turn({ env, bounds: { API_TIMEOUT_MS: '1000' } });
    expect(result).toMatchObject({ is_error: true, result: expect.stringContaining('timed out') });
    expect(modelCalls()).toHaveLength(3);
  });
});

describe('an MCP server', () => {
  const ENV = { AGENT_MODEL_MAIN: 'eu.anthropic.claude-sonnet-5-5' };

  it('gets the value of a secret in its header', async () => {
    provider = await startProvider(createScriptedBedrock, () => ({ kind: 'message', text: 'Yes.' }));
    const tides = await startTideServer();
    try {
      const headers = { 'x-station': 'Bearer ${secret:TIDES}' };
      const definition = {
        ...NO_DEFINITION,
        mcpServers: { tides: { type: 'http', url: tides.url, headers } as const },
      };
      const secrets = { values: { TIDES: 'v4lue$&' } };
      await turn({ env: { ...ENV, ANTHROPIC_BEDROCK_BASE_URL: provider.url }, definition, secrets });
      expect(new Set(tides.stations)).toEqual(new Set(['Bearer v4lue$&']));
    } finally {
      await tides.close();
    }
  });

  it('that does not answer a call is given up, and the model is told', async () => {
    let results = '';
    provider = await startProvider(createScriptedBedrock, ({ body }) => {
      results = JSON.stringify(body.messages);
      return body.messages.some(({ role }) => role === 'assistant')
        ? { kind: 'message', text: 'Done.' }
        : { kind: 'message', toolUses: [{ name: 'mcp__tides__high_water', input: {} }] };
    });
    const tides = await startTideServer({ hangsOn: 'tools/call' });
    try {
      const definition = { ...NO_DEFINITION, mcpServers: { tides: { type: 'http', url: tides.url } as const } };
      const env = { ...ENV, ANTHROPIC_BEDROCK_BASE_URL: provider.url };
      expect(await turn({ env, definition, bounds: { MCP_TOOL_TIMEOUT: '1000' } })).toMatchObject({ result: 'Done.' });
      expect(results).toContain('timed out after 1s');
    } finally {
      await tides.close();
    }
  });

  it('that does not let itself be reached keeps the answer waiting for a bounded time', async () => {
    provider = await startProvider(createScriptedBedrock, () => ({ kind: 'message', text: 'Yes.' }));
    const tides = await startTideServer({ hangsOn: 'initialize' });
    try {
      const definition = { ...NO_DEFINITION, mcpServers: { tides: { type: 'http', url: tides.url } as const } };
      const env = { ...ENV, ANTHROPIC_BEDROCK_BASE_URL: provider.url };
      expect(await turn({ env, definition, bounds: { MCP_TIMEOUT: '1000' } })).toMatchObject({ result: 'Yes.' });
    } finally {
      await tides.close();
    }
  });
});

describe('telemetry of the agent process', () => {
  const sent: string[] = [];
  const collector = createServer((req, res) => {
    text(req).then(
      (body) => {
        sent.push(body);
        res.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      },
      () => res.destroy(),
    );
  });

  beforeEach(async () => {
    provider = await startProvider(createScriptedBedrock, () => ({ kind: 'message', text: 'The answer.' }));
    collector.listen(0, '127.0.0.1');
    await once(collector, 'listening');
    sent.splice(0);
  });
  afterEach(async () => {
    collector.close();
    collector.closeAllConnections();
    await once(collector, 'close');
  });

  function environment(): Record<string, string> {
    return {
      AGENT_MODEL_MAIN: 'eu.anthropic.claude-sonnet-5-5',
      ANTHROPIC_BEDROCK_BASE_URL: provider.url,
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_LOGS_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    };
  }

  it('goes nowhere, because the agent itself sends what is asked for', async () => {
    expect((await turn({ env: { ...environment(), AGENT_TRACING: '1' } })).is_error).toBe(false);
    expect(sent).toEqual([]);
  });
});
