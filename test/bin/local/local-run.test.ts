import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, existsSync, readdirSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalRun, type LocalRun, type LocalRunOptions } from '../../../bin/local/local-run';
import type { RunState } from '../../../bin/local/run-state';
import { readSignature, verifySignature } from '../../../bin/local/sigv4';
import { FakeApp, GRANTED_MODEL, type FakeRuntime } from './support/fake-app';
import { send, sendSigned, type Reply } from './support/signed-fetch';
import { isRunning, waitUntil } from './support/wait-until';

const SESSION = 'session-of-the-local-run-tests-0000001';
const SESSION_HEADER = 'x-amzn-bedrock-agentcore-runtime-session-id';
const TENANT_HEADER = 'x-amzn-bedrock-agentcore-runtime-custom-tenant';

let state: string;
let lines: string[];
let runs: LocalRun[];
let apps: FakeApp[];

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'local-state-'));
  lines = [];
  runs = [];
  apps = [];
});

afterEach(async () => {
  await Promise.all(runs.map((run) => run.stop()));
  for (const app of apps) app.remove();
  rmSync(state, { recursive: true, force: true });
});

function fakeApp(runtimes?: FakeRuntime[], resources?: Record<string, unknown>): FakeApp {
  const app = new FakeApp(runtimes, resources);
  apps.push(app);
  return app;
}

async function start(app = fakeApp(), options: Partial<LocalRunOptions> = {}): Promise<LocalRun> {
  const run = await startLocalRun({
    directory: app.directory,
    state,
    port: 0,
    region: 'us-east-1',
    model: 'scripted',
    log: (line) => lines.push(line),
    ...options,
  });
  runs.push(run);
  return run;
}

const up = (): RunState => JSON.parse(readFileSync(join(state, 'up.json'), 'utf8')) as RunState;

async function invoke(body: object, headers: Record<string, string> = {}): Promise<Reply> {
  return send(`${up().url}/invocations`, {
    headers: { [SESSION_HEADER]: SESSION, ...headers },
    body: JSON.stringify(body),
  });
}

async function invokeSigned(body: object, headers: Record<string, string> = {}, path = 'invocations'): Promise<Reply> {
  const { url, runtimes, credentials } = up();
  return sendSigned(`${url}/runtimes/${encodeURIComponent(runtimes[0]?.arn ?? '')}/${path}`, credentials, {
    headers: { [SESSION_HEADER]: SESSION, ...headers },
    body: JSON.stringify(body),
  });
}

interface Report {
  readonly pid: number;
  readonly turns: number;
  readonly env: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly cwd: string;
}

const report = (reply: Reply): Report => JSON.parse(reply.text) as Report;

/** Calls Bedrock with the credentials of the session's agent. */
async function callModel(modelId: string, agent: Report): Promise<Reply> {
  return sendSigned(
    `${up().url}/model/${encodeURIComponent(modelId)}/invoke`,
    {
      accessKeyId: agent.env.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: agent.env.AWS_SECRET_ACCESS_KEY ?? '',
      sessionToken: agent.env.AWS_SESSION_TOKEN ?? '',
    },
    {
      service: 'bedrock',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: 'hello there' }], max_tokens: 100 }),
    },
  );
}

describe('the short path', () => {
  it('serves a session by one process with the environment of image, template and run, and nothing else', async () => {
    process.env.SECRET_OF_THE_PERSON = 'leaked';
    await start();
    const first = report(await invoke({}));
    const second = report(await invoke({}));
    delete process.env.SECRET_OF_THE_PERSON;

    expect([second.pid, second.turns]).toEqual([first.pid, 2]);
    expect(first.cwd).toBe(join(__dirname, 'support', 'fake-agent'));
    expect(first.env).toMatchObject({
      FROM_IMAGE: 'yes',
      FROM_TEMPLATE: 'us-east-1',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: up().url,
      ANTHROPIC_BEDROCK_BASE_URL: up().url,
      HOST: '127.0.0.1',
    });
    expect(first.env.HOME?.startsWith(join(state, 'sessions'))).toBe(true);
    expect(Object.keys(first.env).sort()).toEqual([
      'ANTHROPIC_BEDROCK_BASE_URL',
      'AWS_ACCESS_KEY_ID',
      'AWS_DEFAULT_REGION',
      'AWS_EC2_METADATA_DISABLED',
      'AWS_ENDPOINT_URL',
      'AWS_REGION',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
      'FROM_IMAGE',
      'FROM_TEMPLATE',
      'HOME',
      'HOST',
      'LANG',
      'PATH',
      'PORT',
      'TMPDIR',
    ]);
  });

  it('passes the agent only the headers that AgentCore would', async () => {
    await start();
    const { headers } = report(
      await invoke({}, { [TENANT_HEADER]: 'blue', 'x-other': 'no', cookie: 'no', traceparent: 'trace', accept: 'a/b' }),
    );

    expect(headers).toMatchObject({ [TENANT_HEADER]: 'blue', traceparent: 'trace', accept: 'a/b' });
    expect(headers).toMatchObject({ [SESSION_HEADER]: SESSION });
    expect(headers).not.toHaveProperty('x-other');
    expect(headers).not.toHaveProperty('cookie');
  });

  it('gives back the status and the body of the agent as they are', async () => {
    await start();
    const reply = await invoke({ do: 'fail', status: 418 });

    expect(reply.status).toBe(418);
    expect(JSON.parse(reply.text)).toEqual({ error: { code: 'FAKE', message: 'asked to fail' } });
  });

  it.each<[string, string, string, Record<string, string>, number, string]>([
    ['no session', 'POST', '/invocations', {}, 400, 'SESSION_ID_INVALID'],
    ['a short session id', 'POST', '/invocations', { [SESSION_HEADER]: 'x'.repeat(32) }, 400, 'SESSION_ID_INVALID'],
    ['a long session id', 'POST', '/invocations', { [SESSION_HEADER]: 'x'.repeat(257) }, 400, 'SESSION_ID_INVALID'],
    ['an unknown path', 'GET', '/nothing', {}, 404, 'NOT_FOUND'],
    ['a wrong method', 'GET', '/invocations', {}, 405, 'METHOD_NOT_ALLOWED'],
    ['a foreign host', 'POST', '/invocations', { host: 'evil.example' }, 403, 'HOST_NOT_ALLOWED'],
  ])('refuses %s', async (_, method, path, headers, status, code) => {
    await start();
    const reply = await send(`${up().url}${path}`, { method, headers });

    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.text)).toMatchObject({ error: { code } });
  });

  it('refuses a body above 100 MiB and lets the sender read why', async () => {
    await start();
    const headers = { [SESSION_HEADER]: SESSION, 'content-length': String(100 * 1024 * 1024 + 1) };
    const outgoing = httpRequest(`${up().url}/invocations`, { method: 'POST', headers });
    const status = new Promise((resolve, reject) => {
      outgoing.once('response', (answer) => {
        resolve(answer.statusCode);
      });
      outgoing.once('error', reject);
    });
    outgoing.flushHeaders();

    expect(await status).toBe(413);
    outgoing.destroy();
  });

  it('tells that it is busy while an agent works, be it only in the background', async () => {
    await start();
    const ping = async (): Promise<unknown> => JSON.parse((await send(`${up().url}/ping`, { method: 'GET' })).text);
    expect(await ping()).toEqual({ status: 'Healthy' });

    await invoke({ do: 'health', status: 'HealthyBusy' });
    expect(await ping()).toEqual({ status: 'HealthyBusy' });
    await invoke({ do: 'health', status: 'Healthy' });
    expect(await ping()).toEqual({ status: 'Healthy' });
  });

  it('answers 502 when the agent dies before it answers, and serves the next request by a new one', async () => {
    await start();
    const first = report(await invoke({}));
    const reply = await invoke({ do: 'die' });

    expect(reply.status).toBe(502);
    expect(JSON.parse(reply.text)).toMatchObject({ error: { code: 'AGENT_ENDED' } });
    expect(report(await invoke({})).pid).not.toBe(first.pid);
  });

  it('breaks the stream when the agent dies in the middle of it', async () => {
    await start();

    await expect(invoke({ do: 'half' })).rejects.toThrow('aborted');
  });

  it('frees the session when the caller goes away', async () => {
    await start();
    const { pid } = report(await invoke({}));
    const outgoing = httpRequest(`${up().url}/invocations`, { method: 'POST', headers: { [SESSION_HEADER]: SESSION } });
    outgoing.on('error', () => undefined);
    outgoing.end('{"do":"hold"}');
    const busy = async (): Promise<boolean> =>
      (await send(`${up().url}/ping`, { method: 'GET' })).text.includes('HealthyBusy');
    await waitUntil(busy);
    outgoing.destroy();
    await waitUntil(async () => !(await busy()));

    expect(isRunning(pid)).toBe(true);
  });

  it('shows why an agent does not start', async () => {
    await start(fakeApp([{ properties: { EnvironmentVariables: { FAKE_START: 'fail' } } }]));
    const reply = await invoke({});

    expect(reply.status).toBe(500);
    expect(JSON.parse(reply.text)).toMatchObject({
      error: { code: 'AGENT_START_FAILED', message: expect.stringContaining('lacks what it needs') as string },
    });
    expect(lines.join('\n')).toContain('lacks what it needs');
  });
});

describe('the AgentCore data plane', () => {
  it('serves a signed call in the session that the short path uses too', async () => {
    await start();
    const reply = await invokeSigned({}, { [TENANT_HEADER]: 'red' }, 'invocations?qualifier=DEFAULT');

    expect(reply.status).toBe(200);
    expect(reply.headers[SESSION_HEADER]).toBe(SESSION);
    expect(report(reply).headers).toMatchObject({ [TENANT_HEADER]: 'red' });
    expect(report(reply).headers).not.toHaveProperty('authorization');
    expect(report(reply).pid).toBe(report(await invoke({})).pid);
  });

  it('stops a session and reports one that it does not know', async () => {
    await start();
    const { pid } = report(await invokeSigned({}));

    expect((await invokeSigned({}, {}, 'stopruntimesession')).status).toBe(200);
    expect(isRunning(pid)).toBe(false);
    expect(await invokeSigned({}, {}, 'stopruntimesession')).toMatchObject({
      status: 404,
      headers: { 'x-amzn-errortype': 'ResourceNotFoundException' },
    });
    expect(report(await invokeSigned({})).pid).not.toBe(pid);
  });

  it('refuses an unsigned call, a bearer token and a wrong secret', async () => {
    await start();
    const { url, runtimes, credentials } = up();
    const address = `${url}/runtimes/${encodeURIComponent(runtimes[0]?.arn ?? '')}/invocations`;
    const wrong = { ...credentials, secretAccessKey: 'wrong' };

    for (const [reply, type] of [
      [await send(address), 'MissingAuthenticationToken'],
      [await send(address, { headers: { authorization: 'Bearer token' } }), 'AccessDeniedException'],
      [await sendSigned(address, wrong), 'SignatureDoesNotMatch'],
    ] as const) {
      expect(reply).toMatchObject({ status: 403, headers: { 'x-amzn-errortype': type } });
      expect(JSON.parse(reply.text)).toEqual({ message: expect.any(String) as string });
    }
  });

  it('refuses a session id outside of 33 to 256 characters, an unknown runtime, endpoint and operation', async () => {
    await start();
    const { url, credentials } = up();
    const validation = { status: 400, headers: { 'x-amzn-errortype': 'ValidationException' } };

    expect(await invokeSigned({}, { [SESSION_HEADER]: 'x'.repeat(32) })).toMatchObject(validation);
    expect(await invokeSigned({}, { [SESSION_HEADER]: 'x'.repeat(257) })).toMatchObject(validation);
    expect(await invokeSigned({}, {}, 'invocations?qualifier=other')).toMatchObject({ status: 404 });
    expect(await sendSigned(`${url}/runtimes/arn%3Aother/invocations`, credentials)).toMatchObject({
      status: 404,
      headers: { 'x-amzn-errortype': 'ResourceNotFoundException' },
    });
    expect(await sendSigned(`${url}/runtimes/x/other`, credentials)).toMatchObject({
      status: 404,
      headers: { 'x-amzn-errortype': 'UnknownOperationException' },
    });
  });

  it("turns an error or the death of the agent into 424, the agent's own words included", async () => {
    await start();
    const failed = await invokeSigned({ do: 'fail', status: 400 });
    const died = await invokeSigned({ do: 'die' });

    for (const reply of [failed, died]) {
      expect(reply).toMatchObject({ status: 424, headers: { 'x-amzn-errortype': 'RuntimeClientError' } });
    }
    expect((JSON.parse(failed.text) as { message: string }).message).toBe(
      'Received error (400) from runtime: {"error":{"code":"FAKE","message":"asked to fail"}}',
    );
  });

  it('cuts a very long error of the agent', async () => {
    await start();
    const reply = await invokeSigned({ do: 'fail', status: 500, message: 'long '.repeat(10_000) });

    expect(reply.status).toBe(424);
    expect(reply.text.length).toBeLessThan(20_000);
  });

  it('asks the role of a session, not the operator, when an agent calls a runtime', async () => {
    await start();
    const { env } = report(await invoke({}));
    const { url, runtimes } = up();
    const reply = await sendSigned(`${url}/runtimes/${encodeURIComponent(runtimes[0]?.arn ?? '')}/invocations`, {
      accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
      sessionToken: env.AWS_SESSION_TOKEN ?? '',
    });

    expect(reply).toMatchObject({ status: 403, headers: { 'x-amzn-errortype': 'AccessDeniedException' } });
    expect(reply.text).toContain('bedrock-agentcore:InvokeAgentRuntime');
  });
});

describe('AWS services', () => {
  it('answers a granted model by the scripted one and refuses another by the role of the template', async () => {
    await start();
    const agent = report(await invoke({}));
    const granted = await callModel(GRANTED_MODEL, agent);
    const other = await callModel('anthropic.claude-opus-5-5', agent);

    expect(granted.status).toBe(200);
    expect(granted.text).toContain('hello there');
    expect(other).toMatchObject({ status: 403, headers: { 'x-amzn-errortype': 'AccessDeniedException' } });
    expect(other.text).toMatch(
      /assumed-role\/Stack-AgentRole-\w+\/\w+ is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1::foundation-model\/anthropic.claude-opus-5-5/,
    );
  });

  it('takes the credentials back when the session ends', async () => {
    await start();
    const agent = report(await invoke({}));
    await invokeSigned({}, {}, 'stopruntimesession');

    expect(await callModel(GRANTED_MODEL, agent)).toMatchObject({
      status: 403,
      headers: { 'x-amzn-errortype': 'UnrecognizedClientException' },
    });
  });

  it('names a service that is not run locally', async () => {
    await start();
    const reply = await sendSigned(`${up().url}/`, up().credentials, { service: 'sqs' });

    expect(reply.status).toBe(501);
    expect(reply.text).toContain('the AWS service \\"sqs\\" is not run locally');
  });

  it('tells at the end what was refused and what was granted and not used', async () => {
    const run = await start();
    await callModel('anthropic.claude-opus-5-5', report(await invoke({})));
    const summary = (await run.stop()).join('\n');

    expect(summary).toContain('denied 1 x bedrock:InvokeModel on arn:aws:bedrock:us-east-1::foundation-model/');
    expect(summary).toMatch(/granted to Stack-AgentRole-\w+ but not used in this run: bedrock:InvokeModel, bedrock:/);
  });
});

describe('the model "bedrock"', () => {
  const own = { AWS_ACCESS_KEY_ID: 'AKIAOWN', AWS_SECRET_ACCESS_KEY: 'own secret' };
  let bedrock: Server;
  let seen: { url: string; verified: boolean; body: string }[];
  let before: NodeJS.ProcessEnv;

  beforeEach(async () => {
    before = { ...process.env };
    seen = [];
    bedrock = createServer((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        const body = Buffer.concat(chunks);
        const claim = readSignature(req.headers.authorization);
        if (claim === undefined) throw new Error('the call is not signed');
        const url = req.url ?? '';
        verifySignature({ method: 'POST', url, headers: req.headers, body }, claim, {
          accessKeyId: own.AWS_ACCESS_KEY_ID,
          secretAccessKey: own.AWS_SECRET_ACCESS_KEY,
        })
          .then(
            () => seen.push({ url, verified: claim.accessKeyId === 'AKIAOWN', body: body.toString() }),
            () => seen.push({ url, verified: false, body: '' }),
          )
          .finally(() => res.writeHead(200, { 'x-from': 'bedrock' }).end('answered'));
      });
    });
    await new Promise<void>((resolve) => bedrock.listen(0, '127.0.0.1', resolve));
    process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME = `http://127.0.0.1:${String((bedrock.address() as AddressInfo).port)}`;
  });

  afterEach(async () => {
    process.env = before;
    await new Promise((resolve) => bedrock.close(resolve));
  });

  it("is called with the person's own signature, after the role has been asked", async () => {
    Object.assign(process.env, own);
    await start(fakeApp(), { model: 'bedrock' });
    const agent = report(await invoke({}));
    const granted = await callModel(GRANTED_MODEL, agent);
    const other = await callModel('anthropic.claude-opus-5-5', agent);

    expect(granted).toMatchObject({ status: 200, text: 'answered', headers: { 'x-from': 'bedrock' } });
    expect(other.status).toBe(403);
    expect(seen).toEqual([
      { url: `/model/${GRANTED_MODEL}/invoke`, verified: true, body: expect.stringContaining('hello there') as string },
    ]);
    expect(JSON.stringify(agent.env)).not.toContain('AKIAOWN');
    expect(lines.join('\n')).toContain('model: Amazon Bedrock with your AWS credentials (access key AKIAOWN)');
    expect(lines.join('\n')).not.toContain('own secret');
  });

  it('says that Bedrock could not be called', async () => {
    Object.assign(process.env, own, { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'http://127.0.0.1:1' });
    await start(fakeApp(), { model: 'bedrock' });
    const reply = await callModel(GRANTED_MODEL, report(await invoke({})));

    expect(reply.status).toBe(503);
    expect(reply.text).toContain('Amazon Bedrock at 127.0.0.1:1 could not be called');
  });

  it('gives way to the scripted model without credentials, and says so in one sentence', async () => {
    process.env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')));
    Object.assign(process.env, {
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SHARED_CREDENTIALS_FILE: join(state, 'none'),
      AWS_CONFIG_FILE: join(state, 'none'),
    });

    const lines: string[] = [];
    await start(fakeApp(), { model: 'bedrock', log: (line) => lines.push(line) });
    expect(lines[0]).toMatch(
      /^model: scripted, not Claude, because Amazon Bedrock was asked for but no AWS credentials were found \(.+\); sign in and start again$/,
    );
  });
});

describe('starting and stopping', () => {
  it('writes up.json for its owner only and removes it at the end, with every process', async () => {
    const run = await start();
    expect(up()).toMatchObject({ pid: process.pid, region: 'us-east-1', account: '000000000000' });
    expect(up().runtimes).toEqual([
      {
        name: 'agent',
        arn: expect.stringMatching(
          /^arn:aws:bedrock-agentcore:us-east-1:000000000000:runtime\/agent-\w{10}$/,
        ) as string,
      },
    ]);
    expect(statSync(join(state, 'up.json')).mode & 0o777).toBe(0o600);
    const { pid } = report(await invoke({}));
    await run.stop();

    expect(existsSync(join(state, 'up.json'))).toBe(false);
    expect(isRunning(pid)).toBe(false);
  });

  it('keeps a folder that it makes for its state out of repositories, and changes no other', async () => {
    const inside = join(state, 'made');
    await start(fakeApp(), { state: inside });

    expect(readFileSync(join(inside, '.gitignore'), 'utf8')).toBe('*\n');
    expect(existsSync(join(state, '.gitignore'))).toBe(false);
  });

  it('begins each session on an empty disk', async () => {
    await start();
    const { env } = report(await invoke({}));
    writeFileSync(join(env.HOME ?? '', 'left-behind'), '');
    await invokeSigned({}, {}, 'stopruntimesession');
    const again = report(await invoke({}));

    expect(again.env.HOME).toBe(env.HOME);
    expect(readdirSync(again.env.HOME ?? '')).toEqual(['tmp']);
  });

  it('leaves nothing of a session on the disk', async () => {
    await start();
    const { env } = report(await invoke({}));
    await invokeSigned({}, {}, 'stopruntimesession');
    await waitUntil(() => !existsSync(env.HOME ?? ''));
  });

  it('refuses a second run in the same folder and takes over what a dead one left', async () => {
    const first = await start();
    await expect(start()).rejects.toThrow(
      `another local run (process ${String(process.pid)}, ${up().url}) is alive in ${state}; stop it`,
    );
    const left = readFileSync(join(state, 'up.json'));
    await first.stop();
    writeFileSync(join(state, 'up.json'), left);

    await expect(start()).resolves.toBeDefined();
  });

  it.each(['{"pid": 1073741824, "url": "http://127.0.0.1:9"}', 'no JSON'])(
    'takes over a folder whose up.json is %s',
    async (left) => {
      writeFileSync(join(state, 'up.json'), left);

      await expect(start()).resolves.toBeDefined();
    },
  );

  it('says that a port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;

    await expect(start(fakeApp(), { port })).rejects.toThrow(`port ${String(port)} is taken; stop what uses it`);
    await new Promise((resolve) => server.close(resolve));
  });

  it('serves the runtime that is asked for and names those there are', async () => {
    const app = fakeApp([
      { logicalId: 'One', name: 'one' },
      { logicalId: 'Two', name: 'two', properties: { EnvironmentVariables: { WHICH: 'two' } } },
    ]);
    await start(app, { runtime: 'two' });

    expect(report(await invoke({})).env.WHICH).toBe('two');
    expect(report(await invokeSigned({})).env.WHICH).toBeUndefined();
    await expect(start(app, { runtime: 'three', state: join(state, 'other') })).rejects.toThrow(
      'there is no runtime "three" to run; there is one, two',
    );
  });

  it('names each unknown resource type once and is silent about those with nothing to run', async () => {
    const topic = { Type: 'AWS::SNS::Topic' };
    await start(
      fakeApp([{}], { A: topic, B: topic, C: { Type: 'AWS::CDK::Metadata' }, D: { Type: 'AWS::Logs::LogGroup' } }),
    );

    expect(lines.filter((line) => line.startsWith('not run locally'))).toEqual([
      'not run locally, and skipped: AWS::SNS::Topic',
    ]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    [
      'tokens whose issuer cannot be trusted',
      {
        AuthorizerConfiguration: {
          CustomJWTAuthorizer: { DiscoveryUrl: 'http://issuer.example/.well-known/openid-configuration' },
        },
      },
      'is "http://issuer.example/.well-known/openid-configuration"; expected an https address',
    ],
    ['another protocol', { ProtocolConfiguration: 'MCP' }, 'its protocol is MCP'],
    [
      'an image of elsewhere',
      { AgentRuntimeArtifact: { ContainerConfiguration: { ContainerUri: 'example.com/agent:v1' } } },
      'its image example.com/agent:v1 is not built from a directory of this app',
    ],
    ['a code archive', { AgentRuntimeArtifact: { CodeConfiguration: {} } }, 'deployed as a code archive'],
    ['a role of elsewhere', { RoleArn: 'arn:aws:iam::000000000000:role/Other' }, 'the template has no role'],
  ])('refuses a runtime with %s, saying why', async (_, properties, reason) => {
    await expect(start(fakeApp([{ properties }]))).rejects.toThrow(reason);
  });

  it('runs an agent that may use what is not run here, with stand-ins for what only a deployment knows', async () => {
    const queueArn = { 'Fn::GetAtt': ['Queue', 'Arn'] };
    const properties = { EnvironmentVariables: { QUEUE: { Ref: 'Queue' }, QUEUE_ARN: queueArn } };
    const send = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: queueArn };
    await start(
      fakeApp([{ properties }], {
        Queue: { Type: 'AWS::SQS::Queue' },
        Grant: {
          Type: 'AWS::IAM::Policy',
          Properties: { Roles: [{ Ref: 'AgentRole' }], PolicyDocument: { Statement: [send] } },
        },
        Unrelated: {
          Type: 'AWS::IAM::Policy',
          Properties: { Roles: ['other'], PolicyDocument: { 'Fn::ImportValue': 'nowhere' } },
        },
      }),
    );
    expect(report(await invoke({})).env).toMatchObject({
      QUEUE: 'Queue',
      QUEUE_ARN: 'arn:aws:sqs:us-east-1:000000000000:Queue',
    });
  });

  it('runs the other runtimes when one cannot be run', async () => {
    await start(fakeApp([{ logicalId: 'Mcp', name: 'mcp', properties: { ProtocolConfiguration: 'MCP' } }, {}]));

    expect(up().runtimes.map(({ name }) => name)).toEqual(['agent']);
    expect(lines).toContain(
      'Mcp of stack Stack cannot be run locally: its protocol is MCP; HTTP and AGUI are run locally',
    );
  });

  it('says that there is nothing to run', async () => {
    await expect(start(fakeApp([]))).rejects.toThrow('there is nothing to run: no stack of the app has a resource');
  });

  it.each<[string, string, RegExp]>([
    [
      'fails',
      'throw new TypeError("the table is upside down");',
      /could not be synthesized:\nTypeError: the table is upside down$/,
    ],
    [
      'fails with plain words',
      'console.error("no, thanks"); process.exit(4);',
      /could not be synthesized:\nno, thanks$/,
    ],
    ['writes nothing', '', /ended without writing a cloud assembly/],
  ])('gives the message of an app that %s, without its stack', async (_, program, message) => {
    const app = fakeApp();
    app.writeApp(program);

    await expect(start(app)).rejects.toThrow(message);
  });

  it('asks for a folder with a CDK app', async () => {
    const app = fakeApp();
    rmSync(join(app.directory, 'cdk.json'));
    await expect(start(app)).rejects.toThrow('there is no cdk.json in');

    writeFileSync(join(app.directory, 'cdk.json'), '{"app": 5}');
    await expect(start(app)).rejects.toThrow('is 5; expected the command that synthesizes the app');
  });
});
