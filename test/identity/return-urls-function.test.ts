import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AccessDeniedException, BedrockAgentCoreControlClient } from '@aws-sdk/client-bedrock-agentcore-control';
import { AgentCoreIdentities } from '../../lib/handlers/workload-identity/agent-core-identities';
import { answered } from '../../lib/handlers/custom-resource/answer';
import {
  applyReturnUrls,
  type ReturnUrlsRequest,
  type WorkloadIdentities,
} from '../../lib/handlers/workload-identity/custom-resource';
import { areSameUrls, mergedReturnUrls } from '../../lib/handlers/workload-identity/return-urls';
import { whileDenied } from '../../lib/handlers/custom-resource/while-denied';

const RUNTIME = 'Agent-abcdefghij';

describe('the addresses after a change', () => {
  test.each([
    ['the first', [], [], ['a'], ['a']],
    ['one more', ['a'], ['a'], ['a', 'b'], ['a', 'b']],
    ['one less', ['a', 'b'], ['a', 'b'], ['b'], ['b']],
    ['another', ['a'], ['a'], ['b'], ['b']],
    ['beside those of others', ['x', 'a', 'y'], ['a'], ['b'], ['x', 'y', 'b']],
    ['that is there already', ['x', 'a'], [], ['a'], ['x', 'a']],
    ['that somebody took away', [], ['a'], ['a'], ['a']],
    ['none any more', ['x', 'a'], ['a'], [], ['x']],
    ['each once', ['a'], [], ['b', 'b'], ['a', 'b']],
  ])('are right for %s', (_, present, before, wanted, expected) => {
    expect(mergedReturnUrls(present, before, wanted)).toEqual(expected);
  });

  test('are the same in any order', () => {
    expect(areSameUrls(['a', 'b'], ['b', 'a'])).toBe(true);
    expect(areSameUrls(['a'], ['a', 'b'])).toBe(false);
    expect(areSameUrls(['a', 'c'], ['a', 'b'])).toBe(false);
    expect(areSameUrls([], [])).toBe(true);
  });
});

/** An identity in memory that remembers how often it was written. */
function identities(urls: readonly string[] | undefined = []) {
  const state = { urls, writes: 0 };
  const port: WorkloadIdentities = {
    nameOf: (id) => Promise.resolve(id === RUNTIME ? 'Agent-identity' : undefined),
    returnUrls: (name) => Promise.resolve(name === 'Agent-identity' ? state.urls : undefined),
    replaceReturnUrls: (_, replaced) => {
      state.urls = replaced;
      state.writes += 1;
      return Promise.resolve();
    },
  };
  return { state, port };
}

const request = (
  RequestType: ReturnUrlsRequest['RequestType'],
  ReturnUrls: readonly string[],
  rest: Partial<ReturnUrlsRequest> = {},
): ReturnUrlsRequest => ({ RequestType, ResourceProperties: { AgentRuntimeId: RUNTIME, ReturnUrls }, ...rest });

describe('the custom resource', () => {
  test('adds its addresses to what is there', async () => {
    const { state, port } = identities(['x']);
    await expect(applyReturnUrls(request('Create', ['a']), port)).resolves.toBe(RUNTIME);
    expect(state).toEqual({ urls: ['x', 'a'], writes: 1 });
  });

  test('writes nothing where nothing changes', async () => {
    const { state, port } = identities(['a', 'x']);
    await applyReturnUrls(request('Create', ['a']), port);
    await applyReturnUrls(
      request('Update', ['a'], { OldResourceProperties: { AgentRuntimeId: RUNTIME, ReturnUrls: ['a'] } }),
      port,
    );
    expect(state.writes).toBe(0);
  });

  test('takes back what it no longer wants when it changes, and only that', async () => {
    const { state, port } = identities(['x', 'a']);
    await applyReturnUrls(
      request('Update', ['b'], { OldResourceProperties: { AgentRuntimeId: RUNTIME, ReturnUrls: ['a'] } }),
      port,
    );
    expect(state.urls).toEqual(['x', 'b']);
  });

  test('takes nothing from a new runtime that it gave to the one before, and asks for the old one to be cleared', async () => {
    const { state, port } = identities(['a', 'x']);
    const physicalId = await applyReturnUrls(
      request('Update', ['b'], { OldResourceProperties: { AgentRuntimeId: 'Old-abcdefghij', ReturnUrls: ['a'] } }),
      port,
    );
    expect(state.urls).toEqual(['a', 'x', 'b']);
    expect(physicalId).not.toBe('Old-abcdefghij');
  });

  test('takes back its own when it is deleted', async () => {
    const { state, port } = identities(['x', 'a', 'b']);
    await expect(applyReturnUrls(request('Delete', ['a', 'b'], { PhysicalResourceId: 'id' }), port)).resolves.toBe(
      RUNTIME,
    );
    expect(state.urls).toEqual(['x']);
  });

  test('takes nothing away when it was never made: the same address is somebody else’s', async () => {
    const { state, port } = identities(['a', 'b']);
    const { body } = await answerTo(() => Promise.reject(new Error('denied')));
    const { PhysicalResourceId } = body as { PhysicalResourceId: string };
    await expect(applyReturnUrls(request('Delete', ['a'], { PhysicalResourceId }), port)).resolves.toBe(
      PhysicalResourceId,
    );
    expect(state).toEqual({ urls: ['a', 'b'], writes: 0 });
  });

  test('is deleted after its runtime without a complaint', async () => {
    const gone = request('Delete', ['a'], { PhysicalResourceId: 'id' });
    await expect(applyReturnUrls(gone, identities(undefined).port)).resolves.toBe(RUNTIME);
    const { port } = identities();
    await expect(
      applyReturnUrls({ ...gone, ResourceProperties: { AgentRuntimeId: 'gone', ReturnUrls: [] } }, port),
    ).resolves.toBe('id');
  });

  test('says what is missing when there is no identity to change', async () => {
    const { port } = identities();
    await expect(
      applyReturnUrls(
        { RequestType: 'Create', ResourceProperties: { AgentRuntimeId: 'other', ReturnUrls: ['a'] } },
        port,
      ),
    ).rejects.toThrow(/^The runtime other has no workload identity that can be read/);
  });
});

/** A server on loopback that answers with `reply` and remembers what it was asked. */
async function serve<Result>(
  reply: (request: IncomingMessage, body: string, response: ServerResponse) => void,
  use: (address: string) => Promise<Result>,
): Promise<Result> {
  const server: Server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      reply(incoming, Buffer.concat(chunks).toString('utf8'), response);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
}

describe('AgentCore', () => {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  const withService = <Result>(
    routes: Readonly<Record<string, (body: string) => { readonly status?: number; readonly body: unknown }>>,
    use: (port: AgentCoreIdentities) => Promise<Result>,
  ) =>
    serve(
      (incoming, body, response) => {
        const route = routes[`${incoming.method ?? ''} ${incoming.url ?? ''}`];
        const { status = 200, body: answer } = route?.(body) ?? { status: 500, body: {} };
        response.writeHead(status, {
          'content-type': 'application/json',
          ...(status === 404 ? { 'x-amzn-errortype': 'ResourceNotFoundException' } : {}),
        });
        response.end(JSON.stringify(answer));
      },
      async (endpoint) => {
        const client = new BedrockAgentCoreControlClient({
          endpoint,
          region: 'eu-central-1',
          credentials,
          maxAttempts: 1,
        });
        try {
          return await use(new AgentCoreIdentities(client));
        } finally {
          client.destroy();
        }
      },
    );

  test('is asked for the identity of the runtime, and its list is replaced', async () => {
    const written: unknown[] = [];
    await withService(
      {
        [`GET /runtimes/${RUNTIME}/`]: () => ({
          body: {
            workloadIdentityDetails: {
              workloadIdentityArn:
                'arn:aws:bedrock-agentcore:eu-central-1:111122223333:workload-identity-directory/default/workload-identity/Agent-x1',
            },
          },
        }),
        'POST /identities/GetWorkloadIdentity': (body) => ({
          body: { name: (JSON.parse(body) as { name: string }).name, allowedResourceOauth2ReturnUrls: ['https://x'] },
        }),
        'POST /identities/UpdateWorkloadIdentity': (body) => {
          written.push(JSON.parse(body));
          return { body: {} };
        },
      },
      (port) => applyReturnUrls(request('Create', ['https://a']), port),
    );
    expect(written).toEqual([{ name: 'Agent-x1', allowedResourceOauth2ReturnUrls: ['https://x', 'https://a'] }]);
  });

  test('says of an identity without addresses that it has none, and of a runtime that is gone nothing', async () => {
    await withService(
      {
        [`GET /runtimes/${RUNTIME}/`]: () => ({ status: 404, body: { message: 'gone' } }),
        'POST /identities/GetWorkloadIdentity': () => ({ body: { name: 'n' } }),
      },
      async (port) => {
        await expect(port.nameOf(RUNTIME)).resolves.toBeUndefined();
        await expect(port.returnUrls('n')).resolves.toEqual([]);
      },
    );
  });

  test('passes every other failure on', async () => {
    await withService({}, async (port) => {
      await expect(port.nameOf(RUNTIME)).rejects.toThrow();
    });
  });
});

describe('a policy that was made a moment ago', () => {
  const denied = () =>
    new AccessDeniedException({ $metadata: {}, message: 'not authorized to perform GetAgentRuntime' });
  const attempts = async (failures: readonly Error[]) => {
    const left = [...failures];
    const pauses: number[] = [];
    const act = () => {
      const failure = left.shift();
      return failure === undefined ? Promise.resolve('done') : Promise.reject(failure);
    };
    const pause = (ms: number) => Promise.resolve(pauses.push(ms));
    const outcome = await whileDenied(act, pause).catch((error: unknown) => error);
    return { outcome, pauses, left: left.length };
  };

  test('is waited for, longer each time', async () => {
    const { outcome, pauses } = await attempts([denied(), denied(), denied()]);
    expect(outcome).toBe('done');
    expect(pauses).toEqual([...pauses].sort((one, other) => one - other));
    expect(pauses).toHaveLength(3);
  });

  test('is not waited for without end: less than the function and CloudFormation have', async () => {
    const { outcome, pauses, left } = await attempts(Array.from({ length: 50 }, denied));
    expect(outcome).toBeInstanceOf(AccessDeniedException);
    expect(left).toBeGreaterThan(0);
    const seconds = pauses.reduce((sum, ms) => sum + ms, 0) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(60);
    expect(seconds).toBeLessThan(90);
  });

  test('is no reason to try again what failed otherwise', async () => {
    const { outcome, pauses } = await attempts([new Error('no such runtime')]);
    expect(outcome).toEqual(new Error('no such runtime'));
    expect(pauses).toEqual([]);
  });
});

const asked = { StackId: 'stack', RequestId: 'one', LogicalResourceId: 'Urls' };

/** What CloudFormation is told of an outcome. */
async function answerTo(physicalId: () => Promise<string>, rest = {}, status = 200) {
  const seen: { method?: string; type?: string; body?: unknown } = {};
  await serve(
    (incoming, body, response) => {
      Object.assign(seen, {
        method: incoming.method,
        type: incoming.headers['content-type'],
        body: JSON.parse(body) as unknown,
      });
      response.writeHead(status).end();
    },
    (address) => answered({ ...asked, ...rest, ResponseURL: `${address}/signed?x=1` }, physicalId),
  );
  return seen;
}

describe('the answer to CloudFormation', () => {
  test('tells the physical id of what was done', async () => {
    await expect(answerTo(() => Promise.resolve('id'))).resolves.toEqual({
      method: 'PUT',
      type: '',
      body: { Status: 'SUCCESS', PhysicalResourceId: 'id', ...asked },
    });
  });

  test('tells why nothing was done, under the physical id that is known, in a text that CloudFormation takes', async () => {
    const failing = () => Promise.reject(new Error(`no ${'x'.repeat(10_000)}`));
    await expect(answerTo(failing, { PhysicalResourceId: 'before' })).resolves.toMatchObject({
      body: { Status: 'FAILED', PhysicalResourceId: 'before', Reason: expect.stringMatching(/^no x{997}$/) as string },
    });
    await expect(answerTo(failing)).resolves.toMatchObject({ body: { PhysicalResourceId: 'not-made' } });
  });

  test('fails the function when it is not taken', async () => {
    await expect(answerTo(() => Promise.resolve('id'), {}, 403)).rejects.toThrow(
      'CloudFormation answered 403 to the outcome of Urls',
    );
  });
});
