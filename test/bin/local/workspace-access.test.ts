import { execFile } from 'node:child_process';
import { request } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AwsCredentials } from '../../../bin/local/sigv4';
import { s3, sts } from './support/aws-sdk';
import { assumedCredentials, AwsClients } from './support/aws-clients';
import { describeWith } from './support/programs';
import { failure } from './support/test-s3';
import { TestRun } from './support/test-run';
import { WORKSPACE, WORKSPACE_BUCKET as Bucket } from './support/workspace-app';

const USER_ROLE = 'arn:aws:iam::000000000000:role/';
const denied = { status: 403, code: 'AccessDenied' };

let run: TestRun;
let clients: AwsClients;
let agent: AwsCredentials;
let userRole: string;

/** Starts the run with the workspace app, some of whose resources a test has differently. */
async function start(resources: Readonly<Record<string, unknown>> = {}): Promise<void> {
  run = new TestRun([{ properties: { EnvironmentVariables: { USER_ROLE: { 'Fn::GetAtt': ['UserRole', 'Arn'] } } } }], {
    ...WORKSPACE,
    ...resources,
  });
  await run.start();
  clients = new AwsClients(run);
  agent = await clients.agent();
  userRole = (await run.report()).env.USER_ROLE ?? '';
}

afterEach(async () => {
  clients.destroy();
  await run.remove();
});

const assume = async (
  userId: string | undefined,
  rest: Partial<sts.AssumeRoleCommandInput> = {},
  credentials = agent,
): Promise<sts.AssumeRoleCommandOutput> =>
  clients.sts(credentials).send(
    new sts.AssumeRoleCommand({
      RoleArn: userRole,
      RoleSessionName: 'session',
      ...(userId === undefined ? {} : { Tags: [{ Key: 'userId', Value: userId }] }),
      ...rest,
    }),
  );

const as = async (userId: string): Promise<s3.S3Client> => clients.s3(assumedCredentials(await assume(userId)));

const put = async (client: s3.S3Client, Key: string): Promise<unknown> =>
  client.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'x' }));
const get = async (client: s3.S3Client, Key: string): Promise<unknown> =>
  client.send(new s3.GetObjectCommand({ Bucket, Key }));
const list = async (client: s3.S3Client, Prefix?: string): Promise<s3.ListObjectsV2CommandOutput> =>
  client.send(new s3.ListObjectsV2Command({ Bucket, ...(Prefix === undefined ? {} : { Prefix }) }));

describe('a session tagged with a user', () => {
  beforeEach(() => start());

  it('writes, reads, lists and deletes what is the user’s', async () => {
    const ada = await as('ada');
    await put(ada, 'workspaces/ada/w/HEAD');

    expect(await get(ada, 'workspaces/ada/w/HEAD')).toMatchObject({ ContentLength: 1 });
    expect((await list(ada, 'workspaces/ada/w/')).Contents?.map(({ Key }) => Key)).toEqual(['workspaces/ada/w/HEAD']);
    await ada.send(new s3.DeleteObjectCommand({ Bucket, Key: 'workspaces/ada/w/HEAD' }));
    expect((await list(ada, 'workspaces/ada/')).KeyCount).toBe(0);
  });

  it('reaches nothing of another user’s, in whatever way it asks', async () => {
    const [ada, bob] = [await as('ada'), await as('bob')];
    await put(bob, 'workspaces/bob/HEAD');
    await put(ada, 'workspaces/ada/mine');
    const { UploadId } = await bob.send(new s3.CreateMultipartUploadCommand({ Bucket, Key: 'workspaces/bob/u' }));
    const theirs = { Bucket, Key: 'workspaces/bob/HEAD' };

    for (const attempt of [
      () => get(ada, theirs.Key),
      () => put(ada, theirs.Key),
      () => ada.send(new s3.DeleteObjectCommand(theirs)),
      () =>
        ada.send(new s3.CopyObjectCommand({ Bucket, Key: 'workspaces/ada/c', CopySource: `${Bucket}/${theirs.Key}` })),
      () => ada.send(new s3.CopyObjectCommand({ ...theirs, CopySource: `${Bucket}/workspaces/ada/mine` })),
      () => ada.send(new s3.CreateMultipartUploadCommand(theirs)),
      () => ada.send(new s3.UploadPartCommand({ Bucket, Key: 'workspaces/bob/u', UploadId, PartNumber: 1, Body: 'x' })),
      () => ada.send(new s3.AbortMultipartUploadCommand({ Bucket, Key: 'workspaces/bob/u', UploadId })),
      () => ada.send(new s3.ListMultipartUploadsCommand({ Bucket, Prefix: 'workspaces/bob/' })),
      () => list(ada),
      () => list(ada, 'workspaces/'),
      () => list(ada, 'workspaces/bob/'),
      () => list(ada, 'workspaces/ad'),
    ]) {
      expect(await failure(attempt())).toMatchObject(denied);
    }
    expect(await failure(ada.send(new s3.HeadObjectCommand(theirs)))).toMatchObject({ status: 403 });
    // An upload of another key is none of this one.
    expect(
      await failure(
        ada.send(new s3.UploadPartCommand({ Bucket, Key: 'workspaces/ada/u', UploadId, PartNumber: 1, Body: 'x' })),
      ),
    ).toMatchObject({ status: 404, code: 'NoSuchUpload' });
    expect(await get(bob, theirs.Key)).toMatchObject({ ContentLength: 1 });
  });

  it('deletes of many keys only those that are its own', async () => {
    const [ada, bob] = [await as('ada'), await as('bob')];
    await put(ada, 'workspaces/ada/1');
    await put(bob, 'workspaces/bob/1');
    const { Deleted, Errors } = await ada.send(
      new s3.DeleteObjectsCommand({
        Bucket,
        Delete: { Objects: [{ Key: 'workspaces/ada/1' }, { Key: 'workspaces/bob/1' }] },
      }),
    );

    expect(Deleted?.map(({ Key }) => Key)).toEqual(['workspaces/ada/1']);
    expect(Errors).toMatchObject([{ Key: 'workspaces/bob/1', Code: 'AccessDenied' }]);
    expect(await get(bob, 'workspaces/bob/1')).toMatchObject({ ContentLength: 1 });
  });

  it('is not told which keys do not exist where it may not list the whole bucket', async () => {
    expect(await failure(get(await as('ada'), 'workspaces/ada/none'))).toMatchObject(denied);
  });

  it.each(['a', 'ada.x', 'ad@', 'x'.repeat(128)])('%s reaches only that very name', async (userId) => {
    const client = await as(userId);
    await put(client, `workspaces/${userId}/k`);

    for (const other of ['ada', 'b', 'adaZx']) {
      expect(await failure(put(client, `workspaces/${other}/k`))).toMatchObject(denied);
      expect(await failure(list(client, `workspaces/${other}/`))).toMatchObject(denied);
    }
  });

  it('ends when it is over, at most an hour later', async () => {
    const before = Date.now();
    const { Credentials, AssumedRoleUser } = await assume('ada');
    const seconds = ((Credentials?.Expiration?.getTime() ?? 0) - before) / 1000;

    expect(Math.round(seconds / 10) * 10).toBe(3600);
    expect(AssumedRoleUser?.Arn).toMatch(/^arn:aws:sts::000000000000:assumed-role\/.+\/session$/);
    expect(await failure(assume('ada', { DurationSeconds: 3601 }))).toMatchObject({
      status: 400,
      code: 'ValidationError',
    });
  });

  it('is who GetCallerIdentity says', async () => {
    const user = assumedCredentials(await assume('ada'));
    const [mine, users] = await Promise.all(
      [agent, user].map((who) => clients.sts(who).send(new sts.GetCallerIdentityCommand({}))),
    );

    expect(mine).toMatchObject({ Account: '000000000000', Arn: expect.stringContaining('AgentRole') as string });
    expect(users).toMatchObject({
      Arn: expect.stringMatching(/:assumed-role\/.*UserRole.*\/session$/) as string,
      UserId: expect.stringMatching(/^AROA[0-9A-F]{17}:session$/) as string,
    });
  });

  it('may be narrowed by a policy of its own', async () => {
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }],
    });
    await put(await as('ada'), 'workspaces/ada/k');
    const narrowed = clients.s3(assumedCredentials(await assume('ada', { Policy })));

    expect(await get(narrowed, 'workspaces/ada/k')).toMatchObject({ ContentLength: 1 });
    expect(await failure(put(narrowed, 'workspaces/ada/k'))).toMatchObject(denied);
  });

  it('is part of the audit, with the grants that nobody used', async () => {
    const ada = await as('ada');
    await put(ada, 'workspaces/ada/k');
    await failure(put(ada, 'workspaces/bob/k'));
    const summary = (await run.stop()).join('\n');

    expect(summary).toContain(`denied 1 x s3:PutObject on arn:aws:s3:::${Bucket}/workspaces/bob/k for`);
    expect(summary).toMatch(/granted to .*UserRole.* but not used in this run: .*s3:GetObject/);
  });
});

describe('the role of the agent', () => {
  beforeEach(() => start());

  it('reaches no object', async () => {
    const client = clients.s3(agent);

    for (const attempt of [
      () => put(client, 'workspaces/ada/k'),
      () => get(client, 'workspaces/ada/k'),
      () => list(client, 'workspaces/ada/'),
      () => client.send(new s3.ListBucketsCommand({})),
      () => client.send(new s3.DeleteObjectCommand({ Bucket, Key: 'k' })),
    ]) {
      expect(await failure(attempt())).toMatchObject(denied);
    }
  });

  it.each<[string, Partial<sts.AssumeRoleCommandInput>]>([
    ['no tag', { Tags: [] }],
    ['an empty tag', { Tags: [{ Key: 'userId', Value: '' }] }],
    ['another tag', { Tags: [{ Key: 'team', Value: 'a' }] }],
    [
      'a tag too many',
      {
        Tags: [
          { Key: 'userId', Value: 'ada' },
          { Key: 'team', Value: 'a' },
        ],
      },
    ],
    ['a slash in the tag', { Tags: [{ Key: 'userId', Value: 'ada/../bob' }] }],
    ['a transitive tag', { Tags: [{ Key: 'userId', Value: 'ada' }], TransitiveTagKeys: ['userId'] }],
    ['a role that does not exist', { RoleArn: `${USER_ROLE}none`, Tags: [{ Key: 'userId', Value: 'ada' }] }],
  ])('may not assume the user’s role with %s', async (_, input) => {
    expect(await failure(assume(undefined, input))).toMatchObject(denied);
  });

  it.each<[string, Partial<sts.AssumeRoleCommandInput>]>([
    ['a wildcard', { Tags: [{ Key: 'userId', Value: '*' }] }],
    ['300 characters', { Tags: [{ Key: 'userId', Value: 'x'.repeat(300) }] }],
    ['an emoji', { Tags: [{ Key: 'userId', Value: '😀' }] }],
    [
      'a key twice',
      {
        Tags: [
          { Key: 'userId', Value: 'a' },
          { Key: 'USERID', Value: 'b' },
        ],
      },
    ],
    ['a key of AWS', { Tags: [{ Key: 'aws:x', Value: 'a' }] }],
    ['no name of a session', { RoleSessionName: 'a b' }],
    ['too short a time', { DurationSeconds: 60 }],
    ['a policy that is none', { Policy: '{}' }],
    ['what is not run', { SourceIdentity: 'me' }],
    ['no role', { RoleArn: 'arn:aws:iam::1:user/x' }],
    ['a transitive key of no tag', { TransitiveTagKeys: ['other'] }],
  ])('is told what is wrong with %s', async (_, input) => {
    expect(await failure(assume('ada', input))).toMatchObject({
      status: 400,
      code: expect.stringMatching(/^(ValidationError|MalformedPolicyDocument.*)$/) as string,
    });
  });

  it('is what the user’s role trusts, not the user’s role itself', async () => {
    const user = assumedCredentials(await assume('ada'));

    expect(await failure(assume('bob', {}, user))).toMatchObject(denied);
  });

  it('may not use another action of STS', async () => {
    const client = clients.sts(agent);

    expect(await failure(client.send(new sts.GetSessionTokenCommand({})))).toMatchObject({ code: 'InvalidAction' });
  });
});

describe('who trusts whom', () => {
  const trusting = (principal: unknown): Record<string, unknown> => ({
    UserRole: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: { Statement: [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }] },
      },
    },
  });

  it('needs a grant of the caller’s own where the role trusts the account', async () => {
    await start({ ...trusting({ AWS: 'arn:aws:iam::000000000000:root' }), Grant: undefined });

    expect(await failure(assume(undefined))).toMatchObject(denied);
  });

  it('needs none where the role names the caller, as on AWS', async () => {
    await start({ ...trusting({ AWS: { 'Fn::GetAtt': ['AgentRole', 'Arn'] } }), Grant: undefined });

    expect(await assume(undefined)).toMatchObject({ AssumedRoleUser: {} });
  });

  it('needs the tags to be trusted for themselves', async () => {
    await start(trusting({ AWS: { 'Fn::GetAtt': ['AgentRole', 'Arn'] } }));
    const refusal = await failure(assume('ada'));

    expect(refusal).toMatchObject(denied);
    expect(refusal.message).toContain('sts:TagSession');
  });

  it('is not enough when somebody else is trusted', async () => {
    await start(trusting({ Service: 'lambda.amazonaws.com' }));

    expect(await failure(assume(undefined))).toMatchObject(denied);
  });
});

describe('the policy of a bucket', () => {
  const policy = (statement: object): Record<string, unknown> => ({
    BucketPolicy: {
      Type: 'AWS::S3::BucketPolicy',
      Properties: {
        Bucket: { Ref: 'Bucket' },
        PolicyDocument: {
          Statement: [
            { Resource: [{ 'Fn::GetAtt': ['Bucket', 'Arn'] }, { 'Fn::Sub': '${Bucket.Arn}/*' }], ...statement },
          ],
        },
      },
    },
  });

  it('denies what the role allows', async () => {
    await start(policy({ Effect: 'Deny', Principal: '*', Action: 's3:DeleteObject' }));
    const ada = await as('ada');
    await put(ada, 'workspaces/ada/k');
    const refusal = await failure(ada.send(new s3.DeleteObjectCommand({ Bucket, Key: 'workspaces/ada/k' })));

    expect(refusal).toMatchObject(denied);
    expect(refusal.message).toContain('with an explicit deny in a resource-based policy');
  });

  it('allows what the role does not, to those it names', async () => {
    await start(
      policy({ Effect: 'Allow', Principal: { AWS: { 'Fn::GetAtt': ['AgentRole', 'Arn'] } }, Action: 's3:*' }),
    );
    const client = clients.s3(agent);
    await put(client, 'shared');

    expect(await failure(get(client, 'none'))).toMatchObject({ status: 404, code: 'NoSuchKey' });
    expect(await failure(get(await as('ada'), 'shared'))).toMatchObject(denied);
  });

  it('that trusts the account allows nothing by itself', async () => {
    await start(policy({ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::000000000000:root' }, Action: 's3:*' }));

    expect(await failure(put(clients.s3(agent), 'shared'))).toMatchObject(denied);
  });
});

describe('a key of the account', () => {
  const encrypted = (grants: object[]): Record<string, unknown> => ({
    Key: {
      Type: 'AWS::KMS::Key',
      Properties: {
        KeyPolicy: {
          Statement: [
            { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::000000000000:root' }, Action: 'kms:*', Resource: '*' },
          ],
        },
      },
    },
    Bucket: {
      Type: 'AWS::S3::Bucket',
      Properties: {
        BucketName: Bucket,
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            {
              ServerSideEncryptionByDefault: {
                SSEAlgorithm: 'aws:kms',
                KMSMasterKeyID: { 'Fn::GetAtt': ['Key', 'Arn'] },
              },
            },
          ],
        },
      },
    },
    KeyGrant: {
      Type: 'AWS::IAM::Policy',
      Properties: { PolicyName: 'Key', Roles: [{ Ref: 'UserRole' }], PolicyDocument: { Statement: grants } },
    },
  });
  const grant = (Action: string): object => ({
    Effect: 'Allow',
    Action,
    Resource: { 'Fn::GetAtt': ['Key', 'Arn'] },
    Condition: { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } },
  });

  it('is open to nobody whom its own policy does not open it to', async () => {
    const KeyPolicy = {
      Statement: [
        { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' },
      ],
    };
    await start({ ...encrypted([grant('kms:*')]), Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy } } });
    const refusal = await failure(put(await as('ada'), 'workspaces/ada/k'));

    expect(refusal).toMatchObject(denied);
    expect(refusal.message).toContain('the policy of the key does not allow it');
  });

  it('has to be granted to whoever writes and whoever reads', async () => {
    await start(encrypted([grant('kms:GenerateDataKey')]));
    const ada = await as('ada');
    await put(ada, 'workspaces/ada/k');
    const refusal = await failure(get(ada, 'workspaces/ada/k'));

    expect(refusal).toMatchObject(denied);
    expect(refusal.message).toContain('kms:Decrypt');
    const inParts = ada.send(new s3.CreateMultipartUploadCommand({ Bucket, Key: 'workspaces/ada/u' }));
    expect((await failure(inParts)).message).toContain('kms:Decrypt');
  });

  it('that is granted for both is used for both', async () => {
    await start(encrypted([grant('kms:GenerateDataKey'), grant('kms:Decrypt')]));
    const ada = await as('ada');
    await put(ada, 'workspaces/ada/k');

    expect(await get(ada, 'workspaces/ada/k')).toMatchObject({ ContentLength: 1 });
  });
});

describeWith('aws', 'awscli', 'the AWS command line', (program) => {
  beforeEach(() => start());

  const aws = async (...args: string[]): Promise<string> => {
    const { url, credentials } = run.up;
    const { stdout } = await promisify(execFile)(program, ['--endpoint-url', url, ...args], {
      env: {
        PATH: '/usr/bin:/bin',
        HOME: run.state,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_SESSION_TOKEN: credentials.sessionToken,
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    });
    return stdout;
  };

  it('signs in a way that is verified, in headers and in addresses', async () => {
    run.writeState('file', 'content');
    await aws('s3', 'cp', join(run.state, 'file'), `s3://${Bucket}/a b+ü`);
    const address = (await aws('s3', 'presign', `s3://${Bucket}/a b+ü`)).trim();

    expect(await aws('sts', 'get-caller-identity')).toContain(':user/operator');
    expect(await (await fetch(address)).text()).toBe('content');
    const forged = await fetch(address.replace('X-Amz-Expires=3600', 'X-Amz-Expires=3601'));
    expect([forged.status, await forged.text()]).toEqual([403, expect.stringContaining('<Code>SignatureDoesNotMatch')]);
  });
});

describe('a bucket of elsewhere', () => {
  it('is stood in for where a role may use it', async () => {
    await start({
      Own: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          PolicyName: 'Own',
          Roles: [{ Ref: 'AgentRole' }],
          PolicyDocument: {
            Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::brought-along/*' }],
          },
        },
      },
    });
    await clients.s3(agent).send(new s3.PutObjectCommand({ Bucket: 'brought-along', Key: 'k', Body: 'x' }));

    expect(run.lines).toContain('the bucket brought-along is not made by the app; an empty one stands in for it');
  });
});

describe('a request to S3', () => {
  beforeEach(() => start());

  const mine = (): AwsCredentials => run.up.credentials;

  it('is refused with a wrong secret, a wrong token and unknown keys, in the form of S3', async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = mine();
    const attempt = async (credentials: AwsCredentials): Promise<string> =>
      (await failure(list(clients.s3(credentials)))).code;

    expect(await attempt({ accessKeyId, secretAccessKey: 'wrong', sessionToken: sessionToken ?? '' })).toBe(
      'SignatureDoesNotMatch',
    );
    expect(await attempt({ accessKeyId, secretAccessKey, sessionToken: 'wrong' })).toBe('InvalidAccessKeyId');
    expect(await attempt({ accessKeyId: 'ASIAUNKNOWN', secretAccessKey, sessionToken: 'x' })).toBe(
      'InvalidAccessKeyId',
    );
  });

  it('of the person at the machine may look into every bucket', async () => {
    const client = clients.s3(mine());
    await put(await as('ada'), 'workspaces/ada/k ü+');

    expect((await list(client)).Contents?.map(({ Key }) => Key)).toEqual(['workspaces/ada/k ü+']);
    expect(await get(client, 'workspaces/ada/k ü+')).toMatchObject({ ContentLength: 1 });
  });

  it('whose body is not the signed one is refused', async () => {
    const client = clients.s3(mine());
    client.middlewareStack.add(
      (next) => (args) => {
        (args.request as { body: unknown }).body = 'y';
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );

    expect(await failure(put(client, 'k'))).toMatchObject({
      status: 400,
      code: expect.stringMatching(/SHA256|Digest/) as string,
    });
  });

  it('without a signature is none of S3', async () => {
    const { hostname, port } = new URL(run.up.url);
    const status = await new Promise((resolve, reject) => {
      request({ hostname, port, path: `/${Bucket}/k`, method: 'PUT' }, (res) => {
        res.resume();
        resolve(res.statusCode);
      })
        .on('error', reject)
        .end('x');
    });

    expect(status).toBe(404);
  });
});
