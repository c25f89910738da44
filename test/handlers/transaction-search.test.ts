import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { XRayClient } from '@aws-sdk/client-xray';
import { AwsSpanSettings } from '../../lib/handlers/transaction-search/aws-span-settings';
import {
  applyTransactionSearch,
  type TransactionSearchProperties,
  type TransactionSearchRequest,
} from '../../lib/handlers/transaction-search/custom-resource';
import { isAllowed } from '../../lib/handlers/transaction-search/span-policy';
import type { SpanSettings } from '../../lib/handlers/transaction-search/span-settings';

const NAME = 'ours';
const STATEMENT = {
  Effect: 'Allow',
  Principal: { Service: 'xray.amazonaws.com' },
  Action: 'logs:PutLogEvents',
  Resource: [
    'arn:aws:logs:eu-central-1:111122223333:log-group:aws/spans:*',
    'arn:aws:logs:eu-central-1:111122223333:log-group:/aws/application-signals/data:*',
  ],
  Condition: {
    StringEquals: { 'aws:SourceAccount': '111122223333' },
    ArnLike: { 'aws:SourceArn': 'arn:aws:xray:eu-central-1:111122223333:*' },
  },
};
const documentOf = (...Statement: readonly unknown[]) => JSON.stringify({ Version: '2012-10-17', Statement });
const WANTED = documentOf(STATEMENT);
const OTHER = documentOf({ ...STATEMENT, Principal: { Service: 'route53.amazonaws.com' } });
const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/k';

beforeEach(() => {
  jest.spyOn(console, 'log').mockReturnValue();
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe('what a policy allows', () => {
  const [spans = '', signals = ''] = STATEMENT.Resource;
  test.each([
    ['the same', [WANTED], true],
    ['one statement that is no list', [JSON.stringify({ Statement: STATEMENT })], true],
    [
      'one log group by each of two policies',
      [spans, signals].map((Resource) => documentOf({ ...STATEMENT, Resource })),
      true,
    ],
    ['more', [documentOf({ ...STATEMENT, Action: ['logs:*'], Resource: '*', Condition: undefined })], true],
    ['more, to every service', [documentOf({ ...STATEMENT, Principal: '*' })], true],
    ['it in other letters', [documentOf({ ...STATEMENT, Action: 'LOGS:putlogevents' })], true],
    [
      'a key of a condition in other letters',
      [documentOf({ ...STATEMENT, Condition: { StringLike: { 'AWS:sourceaccount': '1111*' } } })],
      true,
    ],
    ['nothing', [], false],
    ['it to another service', [OTHER], false],
    ['it to an account', [documentOf({ ...STATEMENT, Principal: { AWS: '111122223333' } })], false],
    ['another action', [documentOf({ ...STATEMENT, Action: 'logs:CreateLogStream' })], false],
    ['one log group of two', [documentOf({ ...STATEMENT, Resource: spans })], false],
    ['one stream', [documentOf({ ...STATEMENT, Resource: [`${spans.slice(0, -1)}log-stream:a`, signals] })], false],
    [
      'another log group whose name is a pattern of regular expressions',
      [documentOf({ ...STATEMENT, Resource: [spans.replace('aws/spans', 'aws.spans'), signals] })],
      false,
    ],
    [
      'it for another account',
      [documentOf({ ...STATEMENT, Condition: { StringEquals: { 'aws:SourceAccount': '444455556666' } } })],
      false,
    ],
    [
      'it under a condition that cannot be read',
      [documentOf({ ...STATEMENT, Condition: { Bool: { 'aws:SecureTransport': 'true' } } })],
      false,
    ],
    [
      'it under a condition on something else',
      [documentOf({ ...STATEMENT, Condition: { StringEquals: { 'aws:SourceOrgID': 'o-1' } } })],
      false,
    ],
    ['the opposite', [documentOf({ ...STATEMENT, Effect: 'Deny' })], false],
    [
      'all but something',
      [documentOf({ Effect: 'Allow', Principal: '*', NotAction: 'logs:GetLogEvents', Resource: '*' })],
      false,
    ],
    ['what is no JSON', ['{', ''], false],
  ])('is understood when it allows %s', (_, present, expected) => {
    expect(isAllowed(present, WANTED)).toBe(expected);
  });
});

interface Account {
  isCloudWatchLogs: boolean;
  /** How often the destination says PENDING before it is active. */
  pending: number;
  policies: { name: string; document: string }[];
  percentage: number | undefined;
  logGroup: { encryptionKeyArn: string | undefined } | undefined;
}

const OFF: Account = { isCloudWatchLogs: false, pending: 0, policies: [], percentage: 1, logGroup: undefined };
const ON: Account = {
  ...OFF,
  isCloudWatchLogs: true,
  policies: [{ name: NAME, document: WANTED }],
  logGroup: { encryptionKeyArn: undefined },
};

/** An account in memory that notes what is written to it. */
function account(state: Partial<Account> = {}, overrides: Partial<SpanSettings> = {}) {
  const now: Account = { ...OFF, ...state, policies: [...(state.policies ?? [])] };
  const writes: string[] = [];
  const pauses: number[] = [];
  const wrote = (text: string) => Promise.resolve(void writes.push(text));
  const settings: SpanSettings = {
    destination: () =>
      Promise.resolve({ isCloudWatchLogs: now.isCloudWatchLogs, isActive: now.pending <= pauses.length }),
    resourcePolicies: () => Promise.resolve(now.policies),
    indexingPercentage: () => Promise.resolve(now.percentage),
    spanLogGroup: () => Promise.resolve(now.logGroup),
    putResourcePolicy: (name, document) => {
      now.policies = [...now.policies.filter((policy) => policy.name !== name), { name, document }];
      return wrote(`policy ${name}`);
    },
    sendToCloudWatchLogs: (key) => {
      now.isCloudWatchLogs = true;
      now.logGroup ??= { encryptionKeyArn: key };
      return wrote(key === undefined ? 'destination' : `destination with ${key}`);
    },
    setIndexingPercentage: (percentage) => {
      now.percentage = percentage;
      return wrote(`percentage ${percentage}`);
    },
    ...overrides,
  };
  const pause = (ms: number) => Promise.resolve(pauses.push(ms));
  const apply = (properties: Partial<TransactionSearchProperties> = {}, rest: Partial<TransactionSearchRequest> = {}) =>
    applyTransactionSearch(
      {
        RequestType: 'Create',
        ResourceProperties: { PolicyName: NAME, PolicyDocument: WANTED, ...properties },
        ...rest,
      },
      settings,
      pause,
    );
  return { now, writes, pauses, apply };
}

const failure = (name: string, message = name) => Object.assign(new Error(message), { name });

describe('Transaction Search', () => {
  test('is switched on where it is off: the policy first, which AWS X-Ray tries', async () => {
    const { writes, apply, now } = account();
    await expect(apply()).resolves.toBe('transaction-search');
    expect(writes).toEqual([`policy ${NAME}`, 'destination']);
    expect(now).toMatchObject({ isCloudWatchLogs: true, policies: [{ name: NAME, document: WANTED }], percentage: 1 });
  });

  test.each([
    ['with our policy', ON, {}],
    ['with the policy of somebody else', { ...ON, policies: [{ name: 'theirs', document: WANTED }] }, {}],
    ['with the percentage that is wanted', ON, { IndexingPercentage: '1' }],
    ['with the key that is wanted', { ...ON, logGroup: { encryptionKeyArn: KEY } }, { EncryptionKeyArn: KEY }],
    ['with a percentage of others', { ...ON, percentage: 50 }, {}],
  ])('is not written to where it is on already, %s', async (_, state, properties) => {
    const { writes, apply } = account(state);
    await apply(properties);
    expect(writes).toEqual([]);
  });

  test.each([
    ['the policy was deleted', { ...ON, policies: [] }, {}, [`policy ${NAME}`]],
    ['our policy says something else', { ...ON, policies: [{ name: NAME, document: OTHER }] }, {}, [`policy ${NAME}`]],
    ['the policy is there alone', { ...ON, isCloudWatchLogs: false }, {}, ['destination']],
    ['another percentage is wanted', ON, { IndexingPercentage: '12.5' }, ['percentage 12.5']],
    ['none is to be indexed', ON, { IndexingPercentage: '0' }, ['percentage 0']],
    [
      'nothing says how many are indexed',
      { ...ON, percentage: undefined },
      { IndexingPercentage: '1' },
      ['percentage 1'],
    ],
  ])('gets what is missing and nothing else where %s', async (_, state, properties, expected) => {
    const { writes, apply } = account(state);
    await apply(properties);
    expect(writes).toEqual(expected);
  });

  test('is not written to by the same request once more, nor by an update of the stack', async () => {
    const { writes, apply } = account();
    const properties = { IndexingPercentage: '5', EncryptionKeyArn: KEY };
    await apply(properties);
    const before = [...writes];
    expect(before).toEqual([`policy ${NAME}`, `destination with ${KEY}`, 'percentage 5']);
    const id = await apply(properties);
    await expect(apply(properties, { RequestType: 'Update', PhysicalResourceId: id })).resolves.toBe(id);
    expect(writes).toEqual(before);
  });

  test('stays as it is when the stack is deleted, without so much as a look at it', async () => {
    const denied = () => Promise.reject(failure('AccessDeniedException'));
    const { writes, apply, pauses } = account(ON, { destination: denied, resourcePolicies: denied });
    for (const PhysicalResourceId of ['transaction-search', 'not-made']) {
      await expect(apply({}, { RequestType: 'Delete', PhysicalResourceId })).resolves.toBe(PhysicalResourceId);
    }
    expect([writes, pauses]).toEqual([[], []]);
  });

  test('says which policies there are when there is no room for another', async () => {
    const { apply, writes } = account(
      {
        policies: [
          { name: 'dns', document: OTHER },
          { name: 'search', document: OTHER },
        ],
      },
      { putResourcePolicy: () => Promise.reject(failure('LimitExceededException')) },
    );
    await expect(apply()).rejects.toThrow(
      /room for ten\. Delete one that nothing needs .* and deploy again\. There are: dns, search$/,
    );
    expect(writes).toEqual([]);
  });

  test('takes no room where there is none, when another policy lets AWS X-Ray write', async () => {
    const { apply, writes } = account(
      { policies: [{ name: 'theirs', document: WANTED }] },
      { putResourcePolicy: () => Promise.reject(failure('LimitExceededException')) },
    );
    await apply();
    expect(writes).toEqual(['destination']);
  });

  test('is waited for while a policy does not count everywhere yet', async () => {
    const refusals = [failure('AccessDeniedException'), failure('AccessDeniedException')];
    const { apply, pauses, writes } = account(
      {},
      {
        sendToCloudWatchLogs: () => {
          const refusal = refusals.shift();
          return refusal === undefined ? Promise.resolve() : Promise.reject(refusal);
        },
      },
    );
    await apply();
    expect(refusals).toEqual([]);
    expect(pauses).toHaveLength(2);
    // What was written before the refusal is not written again.
    expect(writes).toEqual([`policy ${NAME}`]);
  });

  test('is not tried without end where access is denied, and tells what was denied', async () => {
    const denied = failure('AccessDeniedException', 'AWS denied xray:UpdateTraceSegmentDestination to …');
    const { apply, pauses } = account({}, { sendToCloudWatchLogs: () => Promise.reject(denied) });
    await expect(apply()).rejects.toThrow('xray:UpdateTraceSegmentDestination');
    expect(pauses.length).toBeGreaterThan(2);
    expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(60_000);
  });

  test('takes it as done when somebody else was faster, and as refused when it is still off', async () => {
    const refused = failure('InvalidRequestException', 'The destination is already set to CloudWatchLogs');
    const { apply, now } = account(
      {},
      {
        sendToCloudWatchLogs: () => {
          now.isCloudWatchLogs = true;
          return Promise.reject(refused);
        },
      },
    );
    await expect(apply()).resolves.toBe('transaction-search');
    const stillOff = account({}, { sendToCloudWatchLogs: () => Promise.reject(refused) });
    await expect(stillOff.apply()).rejects.toBe(refused);
  });

  test('is waited for until AWS X-Ray has switched', async () => {
    const { apply, pauses } = account({ pending: 3 });
    await apply();
    expect(pauses).toHaveLength(3);
    expect(console.log).not.toHaveBeenCalled();
  });

  test('is not waited for without end: the deployment goes on, and the log says what to look at', async () => {
    const { apply, pauses } = account({ pending: Infinity });
    await expect(apply()).resolves.toBe('transaction-search');
    expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBe(240_000);
    expect(console.log).toHaveBeenCalledWith(expect.stringMatching(/PENDING.*get-trace-segment-destination/));
  });

  test.each([
    ['a key of CloudWatch Logs', undefined],
    [`${KEY}2`, `${KEY}2`],
  ])('is not switched on with a log group that has another key: %s', async (text, encryptionKeyArn) => {
    const { apply, writes } = account({ logGroup: { encryptionKeyArn } });
    await expect(apply({ EncryptionKeyArn: KEY })).rejects.toThrow(
      `encrypted with ${text}; AWS X-Ray gives it a key only when it makes it. Run "aws logs associate-kms-key --log-group-name aws/spans --kms-key-id ${KEY}" once`,
    );
    expect(writes).toEqual([]);
  });

  test('gives AWS X-Ray no key for a log group that has it, which it would refuse', async () => {
    const { apply, writes } = account({ logGroup: { encryptionKeyArn: KEY } });
    await apply({ EncryptionKeyArn: KEY });
    expect(writes).toEqual([`policy ${NAME}`, 'destination']);
  });

  test.each(['', 'many', '-1', '101', 'NaN'])(
    'refuses to index "%s" percent before it changes anything',
    async (text) => {
      const { apply, writes } = account();
      await expect(apply({ IndexingPercentage: text })).rejects.toThrow(`"${text}"; give indexingPercentage`);
      expect(writes).toEqual([]);
    },
  );
});

/** The settings of an account behind a server on loopback, which answers each operation, denies the others and notes what it was asked. */
async function withAws<Result>(
  answers: Readonly<Record<string, (body: Record<string, unknown>) => unknown>>,
  use: (settings: AwsSpanSettings) => Promise<Result>,
): Promise<{ readonly result: Result; readonly asked: (readonly [string, unknown])[] }> {
  const asked: (readonly [string, unknown])[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const operation =
        String(request.headers['x-amz-target'] ?? '')
          .split('.')
          .at(-1) || (request.url ?? '').slice(1);
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') as Record<string, unknown>;
      asked.push([operation, body]);
      const answer = answers[operation]?.(body) ?? failure('AccessDeniedException', `no ${operation}`);
      if (answer instanceof Error) {
        response.writeHead(400, { 'content-type': 'application/json', 'x-amzn-errortype': answer.name });
        response.end(JSON.stringify({ __type: answer.name, message: answer.message }));
      } else {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer));
      }
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const options = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
  };
  const clients = [new XRayClient(options), new CloudWatchLogsClient(options)] as const;
  try {
    return { result: await use(new AwsSpanSettings(...clients)), asked };
  } finally {
    for (const client of clients) client.destroy();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
}

describe('AWS', () => {
  test('is read', async () => {
    const { result, asked } = await withAws(
      {
        GetTraceSegmentDestination: () => ({ Destination: 'CloudWatchLogs', Status: 'PENDING' }),
        DescribeResourcePolicies: ({ nextToken }) =>
          nextToken === undefined
            ? { resourcePolicies: [{ policyName: 'a', policyDocument: WANTED }], nextToken: 'more' }
            : { resourcePolicies: [{ policyName: 'b', policyDocument: OTHER }] },
        GetIndexingRules: () => ({
          IndexingRules: [
            { Name: 'Other', Rule: { Probabilistic: { DesiredSamplingPercentage: 9 } } },
            { Name: 'Default', Rule: { Probabilistic: { DesiredSamplingPercentage: 2.5 } } },
          ],
        }),
        DescribeLogGroups: () => ({
          logGroups: [{ logGroupName: 'aws/spans-of-mine' }, { logGroupName: 'aws/spans', kmsKeyId: KEY }],
        }),
      },
      async (settings) => ({
        destination: await settings.destination(),
        policies: await settings.resourcePolicies(),
        percentage: await settings.indexingPercentage(),
        logGroup: await settings.spanLogGroup(),
      }),
    );
    expect(result).toEqual({
      destination: { isCloudWatchLogs: true, isActive: false },
      policies: [
        { name: 'a', document: WANTED },
        { name: 'b', document: OTHER },
      ],
      percentage: 2.5,
      logGroup: { encryptionKeyArn: KEY },
    });
    expect(asked.filter(([operation]) => /^(Put|Update)/.test(operation))).toEqual([]);
  });

  test('has nothing to say about what is not there', async () => {
    const { result } = await withAws(
      {
        GetTraceSegmentDestination: () => ({ Destination: 'XRay', Status: 'ACTIVE' }),
        DescribeResourcePolicies: () => ({}),
        GetIndexingRules: () => ({}),
        DescribeLogGroups: () => ({ logGroups: [{ logGroupName: 'aws/spans-of-mine' }] }),
      },
      async (settings) => [
        await settings.destination(),
        await settings.resourcePolicies(),
        await settings.indexingPercentage(),
        await settings.spanLogGroup(),
      ],
    );
    expect(result).toEqual([{ isCloudWatchLogs: false, isActive: true }, [], undefined, undefined]);
  });

  test('is asked to change what is asked for', async () => {
    const done = () => ({});
    const { asked } = await withAws(
      { PutResourcePolicy: done, UpdateTraceSegmentDestination: done, UpdateIndexingRule: done },
      async (settings) => {
        await settings.putResourcePolicy(NAME, WANTED);
        await settings.sendToCloudWatchLogs(undefined);
        await settings.sendToCloudWatchLogs(KEY);
        await settings.setIndexingPercentage(5);
      },
    );
    expect(asked).toEqual([
      ['PutResourcePolicy', { policyName: NAME, policyDocument: WANTED }],
      ['UpdateTraceSegmentDestination', { Destination: 'CloudWatchLogs' }],
      [
        'UpdateTraceSegmentDestination',
        { Destination: 'CloudWatchLogs', CloudWatchLogsConfiguration: { SpansLogGroupKmsKeyId: KEY } },
      ],
      ['UpdateIndexingRule', { Name: 'Default', Rule: { Probabilistic: { DesiredSamplingPercentage: 5 } } }],
    ]);
  });

  test.each<[string, (settings: SpanSettings) => Promise<unknown>]>([
    ['xray:GetTraceSegmentDestination', (settings) => settings.destination()],
    ['xray:GetIndexingRules', (settings) => settings.indexingPercentage()],
    ['logs:DescribeResourcePolicies', (settings) => settings.resourcePolicies()],
    ['logs:DescribeLogGroups', (settings) => settings.spanLogGroup()],
    ['logs:PutResourcePolicy', (settings) => settings.putResourcePolicy(NAME, WANTED)],
    ['xray:UpdateTraceSegmentDestination', (settings) => settings.sendToCloudWatchLogs(undefined)],
    ['xray:UpdateIndexingRule', (settings) => settings.setIndexingPercentage(1)],
  ])('names %s where it denies that, with its own words, so that it is tried again', async (action, act) => {
    const { result } = await withAws({}, (settings) => act(settings).catch((error: unknown) => error));
    expect(result).toMatchObject({ name: 'AccessDeniedException' });
    expect(String(result)).toMatch(
      new RegExp(`AWS denied ${action} to the function .*\\(.*no ${action.split(':')[1]}`),
    );
  });

  test('passes every other failure on, in the words of AWS', async () => {
    const { result } = await withAws(
      { UpdateTraceSegmentDestination: () => failure('InvalidRequestException', 'set already') },
      (settings) => settings.sendToCloudWatchLogs(undefined).catch((error: unknown) => error),
    );
    expect(result).toMatchObject({ name: 'InvalidRequestException', message: 'set already' });
  });
});
