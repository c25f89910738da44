import type { AwsCredentials } from '../../../bin/local/sigv4';
import { agentcore } from './support/aws-sdk';
import { AwsClients } from './support/aws-clients';
import { describeWith } from './support/programs';
import { failure } from './support/test-s3';
import { processesWith } from './support/test-interpreter';
import { TestRun } from './support/test-run';
import { waitUntil } from './support/wait-until';

const ACTIONS = ['Start', 'Stop', 'Get'].map((verb) => `bedrock-agentcore:${verb}CodeInterpreterSession`);
const MANAGED = 'aws.codeinterpreter.v1';

let run: TestRun;
let clients: AwsClients;
let agent: AwsCredentials;
let id: string;

const resources = (Action: string | string[], Resource: unknown, Properties: object = {}): Record<string, unknown> => ({
  Interpreter: {
    Type: 'AWS::BedrockAgentCore::CodeInterpreterCustom',
    Properties: { Name: 'sandbox_of_a_test', NetworkConfiguration: { NetworkMode: 'SANDBOX' }, ...Properties },
  },
  Grant: {
    Type: 'AWS::IAM::Policy',
    Properties: {
      PolicyName: 'Grant',
      Roles: [{ Ref: 'AgentRole' }],
      PolicyDocument: { Statement: [{ Effect: 'Allow', Action, Resource }] },
    },
  },
});
const OWN = { 'Fn::GetAtt': ['Interpreter', 'CodeInterpreterArn'] };
const ALL = [...ACTIONS, 'bedrock-agentcore:InvokeCodeInterpreter', 'bedrock-agentcore:ListCodeInterpreterSessions'];

async function start(...app: Parameters<typeof resources>): Promise<void> {
  run = new TestRun(
    [{ properties: { EnvironmentVariables: { INTERPRETER: { 'Fn::GetAtt': ['Interpreter', 'CodeInterpreterId'] } } } }],
    resources(...app),
  );
  await run.start();
  clients = new AwsClients(run);
  const report = await run.report();
  agent = await clients.agent();
  id = report.env.INTERPRETER ?? '';
}

afterEach(async () => {
  clients.destroy();
  await run.remove();
});

const client = (): agentcore.BedrockAgentCoreClient => clients.agentCore(agent);

const begin = async (codeInterpreterIdentifier = id): Promise<agentcore.StartCodeInterpreterSessionCommandOutput> =>
  client().send(
    new agentcore.StartCodeInterpreterSessionCommand({
      codeInterpreterIdentifier,
      name: 'a',
      sessionTimeoutSeconds: 600,
    }),
  );

async function invoke(
  sessionId: string | undefined,
  name: agentcore.ToolName,
  args: agentcore.ToolArguments,
  codeInterpreterIdentifier = id,
): Promise<agentcore.CodeInterpreterStreamOutput[]> {
  const { stream } = await client().send(
    new agentcore.InvokeCodeInterpreterCommand({ codeInterpreterIdentifier, sessionId, name, arguments: args }),
  );
  const events: agentcore.CodeInterpreterStreamOutput[] = [];
  for await (const event of stream ?? []) events.push(event);
  return events;
}

describeWith('bwrap', 'bubblewrap', 'a code interpreter of the app', () => {
  it('is used by the real client: code, files as bytes, sessions', async () => {
    await start(ALL, OWN);
    const { sessionId, codeInterpreterIdentifier, createdAt } = await begin();
    expect([codeInterpreterIdentifier, createdAt instanceof Date]).toEqual([id, true]);

    expect(await invoke(sessionId, 'executeCode', { code: 'print(6 * 7)', language: 'python' })).toMatchObject([
      { result: { isError: false, structuredContent: { stdout: '42\n', exitCode: 0 }, content: [{ text: '42' }] } },
    ]);
    const blob = new Uint8Array([137, 80, 78, 71, 0, 255]);
    await invoke(sessionId, 'writeFiles', { content: [{ path: 'image.png', blob }] });
    const [read] = await invoke(sessionId, 'readFiles', { paths: ['image.png'] });
    expect(Buffer.from(read?.result?.content?.[0]?.resource?.blob ?? [])).toEqual(Buffer.from(blob));
    expect(read?.result?.content?.[0]?.resource?.mimeType).toBe('image/png');

    const at = { codeInterpreterIdentifier: id, sessionId };
    expect(await client().send(new agentcore.GetCodeInterpreterSessionCommand(at))).toMatchObject({
      sessionId,
      name: 'a',
      status: 'READY',
      sessionTimeoutSeconds: 600,
    });
    expect(await client().send(new agentcore.StopCodeInterpreterSessionCommand(at))).toMatchObject({ sessionId });
    const { items } = await client().send(new agentcore.ListCodeInterpreterSessionsCommand(at));
    expect(items).toMatchObject([{ sessionId, status: 'TERMINATED' }]);
    expect(await failure(invoke(sessionId, 'executeCommand', { command: 'true' }))).toMatchObject({
      status: 404,
      code: 'ResourceNotFoundException',
    });
  });

  it('does what the role of the caller allows, and nothing else', async () => {
    await start(ACTIONS, OWN);
    const { sessionId } = await begin();

    expect(await failure(invoke(sessionId, 'executeCommand', { command: 'true' }))).toMatchObject({
      status: 403,
      code: 'AccessDeniedException',
      message: expect.stringMatching(
        /InvokeCodeInterpreter on resource: .*:code-interpreter-custom\/sandbox_of_a_test-/,
      ) as string,
    });
    expect(await failure(begin(MANAGED))).toMatchObject({
      status: 403,
      message: expect.stringContaining(':aws:code-interpreter/aws.codeinterpreter.v1') as string,
    });
    expect((await run.stop()).join('\n')).toContain('denied 1 x bedrock-agentcore:InvokeCodeInterpreter');
  });

  it('may be the one of AWS, where that is granted', async () => {
    await start(ALL, `arn:aws:bedrock-agentcore:us-east-1:aws:code-interpreter/${MANAGED}`);
    const { sessionId } = await begin(MANAGED);

    expect(await invoke(sessionId, 'executeCommand', { command: 'echo hi' }, MANAGED)).toMatchObject([
      { result: { structuredContent: { stdout: 'hi\n' } } },
    ]);
    expect(await failure(begin())).toMatchObject({ status: 403 });
  });

  it('reports a session that dies in the middle, in the stream, where the client throws it', async () => {
    await start(ALL, OWN);
    const { sessionId } = await begin();
    const call = failure(invoke(sessionId, 'executeCommand', { command: 'sleep 1000' }));
    await invoke(sessionId, 'executeCommand', { command: 'true' });
    await client().send(new agentcore.StopCodeInterpreterSessionCommand({ codeInterpreterIdentifier: id, sessionId }));

    expect(await call).toMatchObject({
      code: 'InternalServerException',
      message: 'the session ended while it was working; start another one',
    });
  });

  it('ends with the run', async () => {
    await start(ALL, OWN);
    const { sessionId } = await begin();
    const mark = `mark-${String(sessionId)}`;
    await invoke(sessionId, 'startCommandExecution', { command: `exec -a ${mark} sleep 1000` });
    await waitUntil(() => processesWith(mark) > 0);
    await run.stop();

    await waitUntil(() => processesWith(mark) === 0);
  });

  it('tells the person what of it is not as on AWS', async () => {
    await start(ALL, OWN, { NetworkConfiguration: { NetworkMode: 'PUBLIC' } });

    expect(run.lines.join('\n')).toMatch(
      /code interpreter sandbox_of_a_test: code runs in a sandbox without network .*, without its network PUBLIC/,
    );
  });

  it.each<[string, Partial<agentcore.StartCodeInterpreterSessionCommandInput>, object]>([
    ['no such interpreter', { codeInterpreterIdentifier: 'other-1' }, { status: 404 }],
    ['too long a time', { sessionTimeoutSeconds: 28_801 }, { status: 400, code: 'ValidationException' }],
    ['what is not run', { certificates: [] }, { status: 400, code: 'ValidationException' }],
  ])('is not started with %s', async (_, input, expected) => {
    await start(ALL, '*');
    const command = new agentcore.StartCodeInterpreterSessionCommand({ codeInterpreterIdentifier: id, ...input });

    expect(await failure(client().send(command))).toMatchObject(expected);
  });

  it.each<[string, string | undefined, agentcore.ToolName, object]>([
    ['without a session', undefined, 'executeCommand', { status: 400, code: 'ValidationException' }],
    ['of another session', 'other', 'executeCommand', { status: 404, code: 'ResourceNotFoundException' }],
    ['of an unknown tool', 'other', 'x' as agentcore.ToolName, { status: 400, code: 'ValidationException' }],
  ])('refuses a call %s', async (_, sessionId, name, expected) => {
    await start(ALL, OWN);

    expect(await failure(invoke(sessionId, name, { command: 'true' }))).toMatchObject(expected);
  });
});
