import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { userCredentials } from '../../../agent-image/src/workspace/user-credentials';

const ROLE = 'arn:aws:iam::111122223333:role/users';
const GIVEN = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'example-secret',
  AWS_ENDPOINT_URL_STS: '',
};

let server: Server;
let asked: URLSearchParams[] = [];
let answer: { status: number; body: string };

beforeAll(async () => {
  server = createServer((req, res) => {
    void text(req).then((body) => {
      asked.push(new URLSearchParams(body));
      res.writeHead(answer.status, { 'content-type': 'text/xml' }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  Object.assign(process.env, { ...GIVEN, AWS_ENDPOINT_URL_STS: url });
});

afterAll(async () => {
  for (const name of Object.keys(GIVEN)) Reflect.deleteProperty(process.env, name);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  asked = [];
});

const credentials = userCredentials({ roleArn: ROLE, region: 'eu-west-1', userKey: 'ada@example.com' });

test('the user role is assumed with the tag of the user and nothing else, for an hour', async () => {
  answer = {
    status: 200,
    body: `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
      <SessionToken>t</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
  };
  expect(await credentials()).toEqual({
    accessKeyId: 'ASIA1',
    secretAccessKey: 's',
    sessionToken: 't',
    expiration: new Date('2030-01-01T00:00:00Z'),
  });
  const { RoleSessionName = '', ...fields } = Object.fromEntries(asked[0] ?? []);
  expect(fields).toEqual({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: ROLE,
    DurationSeconds: '3600',
    'Tags.member.1.Key': 'userId',
    'Tags.member.1.Value': 'ada@example.com',
  });
  expect(RoleSessionName).toMatch(/^agent-[0-9a-f]{32}$/);
});

test('a refusal is told with what to allow, and without what STS wrote of it', async () => {
  const detail = 'secret-detail';
  answer = {
    status: 403,
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${detail}</Message></Error></ErrorResponse>`,
  };
  const error = await credentials().catch((caught: unknown) => caught);
  expect(String(error)).toContain(`Cannot assume ${ROLE}: AccessDenied; let the agent's role call sts:AssumeRole`);
  expect(String(error)).not.toContain(detail);
});
