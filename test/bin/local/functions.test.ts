import { join } from 'node:path';
import { sts } from './support/aws-sdk';
import { AwsClients } from './support/aws-clients';
import { sendSigned, type Reply } from './support/signed-fetch';
import { grant, TestRun } from './support/test-run';
import { functionResources } from './support/tool-app';

let run: TestRun;
let clients: AwsClients;

const INVOKE = grant('lambda:InvokeFunction', { 'Fn::GetAtt': ['Tool', 'Arn'] });
const arn = 'arn:aws:lambda:us-east-1:000000000000:function:tool';

async function start(resources: Readonly<Record<string, unknown>> = { Grant: INVOKE }): Promise<void> {
  run = await new TestRun([{}], { ...functionResources('Tool'), ...resources }).start();
  clients = new AwsClients(run);
}

afterEach(async () => {
  clients.destroy();
  await run.remove();
});

async function invoke(event: unknown, id = 'tool', headers: Record<string, string> = {}): Promise<Reply> {
  return sendSigned(`${run.up.url}/2015-03-31/functions/${encodeURIComponent(id)}/invocations`, await clients.agent(), {
    service: 'lambda',
    headers,
    body: typeof event === 'string' ? event : JSON.stringify(event),
  });
}

describe('a function', () => {
  it('is called by name, ARN and version, with the client context that the caller gives', async () => {
    await start();
    const context = Buffer.from('{"custom":{"a":1}}').toString('base64');
    const reply = await invoke({ a: 1 }, 'tool', { 'x-amz-client-context': context });

    expect(reply).toMatchObject({ status: 200, headers: { 'x-amz-executed-version': '$LATEST' } });
    expect(JSON.parse(reply.text)).toMatchObject({
      event: { a: 1 },
      clientContext: { custom: { a: 1 } },
      invokedFunctionArn: arn,
      remaining: expect.any(Number) as number,
    });
    expect((await invoke({ do: 'say' }, arn)).text).toBe('"said"');
    expect(await invoke({ do: 'fail' })).toMatchObject({
      status: 200,
      headers: { 'x-amz-function-error': 'Unhandled' },
      text: expect.stringContaining('"errorType":"TypeError"') as string,
    });
  });

  it('acts in its own role and with nothing of this machine’s environment', async () => {
    await start();
    const { env } = JSON.parse((await invoke({})).text) as { env: Record<string, string> };
    const credentials = {
      accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
      sessionToken: env.AWS_SESSION_TOKEN ?? '',
    };
    const { Arn } = await clients.sts(credentials).send(new sts.GetCallerIdentityCommand({}));

    expect(Arn).toMatch(/:assumed-role\/Stack-ToolRole-\w+\/tool$/);
    expect(Object.keys(env).filter((name) => process.env[name] !== undefined)).toEqual(
      expect.not.arrayContaining(['PWD', 'USER', 'npm_config_registry']),
    );
    expect(env.HOME).toBe(join(run.state, 'functions', 'tool'));
  });

  it('ends with the run', async () => {
    await start();
    const { pid } = JSON.parse((await invoke({})).text) as { pid: number };
    await run.stop();

    // It is killed, and its parent has to notice.
    for (;;) {
      try {
        process.kill(pid, 0);
        await new Promise((resolve) => setImmediate(resolve));
      } catch {
        break;
      }
    }
  });

  it('may answer by the callback of old', async () => {
    await start({ ...functionResources('Tool', { handler: 'index.withCallback' }), Grant: INVOKE });

    expect((await invoke({ name: 'x' })).text).toBe('{"called":"x"}');
  });

  it.each([
    ['index.other', 'Runtime.HandlerNotFound'],
    ['other.handler', 'Runtime.ImportModuleError'],
  ])('whose handler %s is not there says so', async (handler, errorType) => {
    await start({ ...functionResources('Tool', { handler }), Grant: INVOKE });

    expect((await invoke({})).text).toContain(errorType);
  });
});

describe('a call of a function', () => {
  it.each<[string, object]>([
    ['no grant', {}],
    ['a grant for another function', { Grant: grant('lambda:InvokeFunction', `${arn}-other`) }],
  ])('is refused with %s', async (_, resources) => {
    await start({ ...resources });

    expect(await invoke({})).toMatchObject({ status: 403, headers: { 'x-amzn-errortype': 'AccessDeniedException' } });
    expect((await invoke({}, 'unknown')).status).toBe(403);
  });

  it('is let through by the function’s own policy', async () => {
    await start({
      Permission: {
        Type: 'AWS::Lambda::Permission',
        Properties: {
          FunctionName: { Ref: 'Tool' },
          Action: 'lambda:InvokeFunction',
          Principal: { 'Fn::GetAtt': ['AgentRole', 'Arn'] },
        },
      },
    });

    expect((await invoke({ do: 'say' })).text).toBe('"said"');
  });

  it.each<[string, string, Record<string, string>, string]>([
    ['what is no JSON', 'x', {}, 'InvalidRequestContentException'],
    ['a call without an answer', '{}', { 'x-amz-invocation-type': 'Event' }, 'UnknownOperationException'],
  ])('is refused: %s', async (_, body, headers, code) => {
    await start();

    expect((await invoke(body, 'tool', headers)).headers['x-amzn-errortype']).toBe(code);
  });
});
