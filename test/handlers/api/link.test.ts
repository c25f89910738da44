import { createHandler } from '../../../lib/handlers/api/create-handler';
import { LocalServices } from './support/local-services';
import { bodyOf, refusal, requestOf } from './support/requests';

const sessionUri = 'urn:ietf:params:oauth:request_uri:Abc-._~1';
const logged: string[] = [];
let services: LocalServices;

const complete = (sub: string) =>
  createHandler(services.environment, (line) => logged.push(line))(
    requestOf(sub, 'POST /oauth/complete', { body: { sessionUri } }),
  );

beforeAll(async () => {
  services = await LocalServices.start();
});
afterAll(() => services.stop());
beforeEach(() => logged.splice(0));

/** AgentCore Identity, which binds a flow to the user who began it, once. */
function flowOf(user: string): (body: string) => { status: number; headers?: Record<string, string>; body: string } {
  let isOpen = true;
  return (body) => {
    const { userIdentifier } = JSON.parse(body) as { userIdentifier: { userToken: string } };
    const mine = userIdentifier.userToken === `token-of-${user}`;
    const answer = isOpen && mine ? undefined : mine ? 'ResourceNotFoundException' : 'UnauthorizedException';
    isOpen &&= !mine;
    return answer === undefined
      ? { status: 200, body: '{}' }
      : { status: answer === 'UnauthorizedException' ? 401 : 404, headers: { 'x-amzn-errortype': answer }, body: '{}' };
  };
}

test('a link is completed by the user who began it, once; another user and a second time look the same', async () => {
  services.agentCore.answer = flowOf('ada');
  const other = await complete('bob');
  const first = await complete('ada');
  const again = await complete('ada');
  expect(first).toMatchObject({ statusCode: 204, body: '' });
  expect(refusal(other)).toEqual([403, 'LINK_REFUSED']);
  expect(again).toEqual(other);
  const { path, body } = services.agentCore.requests.at(-1) ?? {};
  expect(path).toBe('/identities/CompleteResourceTokenAuth');
  expect(JSON.parse(body ?? '')).toEqual({ sessionUri, userIdentifier: { userToken: 'token-of-ada' } });
});

test.each([
  ['ValidationException', 400, 403, 'LINK_REFUSED'],
  ['ResourceNotFoundException', 404, 403, 'LINK_REFUSED'],
  ['UnauthorizedException', 401, 403, 'LINK_REFUSED'],
  ['AccessDeniedException', 403, 403, 'LINK_REFUSED'],
  ['ThrottlingException', 429, 429, 'TOO_MANY_REQUESTS'],
  ['InternalServerException', 500, 503, 'UNAVAILABLE'],
])('%s of AgentCore is told by a code, without the words of the service', async (name, status, told, code) => {
  services.agentCore.answer = () => ({
    status,
    headers: { 'x-amzn-errortype': name },
    body: JSON.stringify({ message: 'flow of token-of-bob expired' }),
  });
  const reply = await complete('ada');
  expect(refusal(reply)).toEqual([told, code]);
  expect(bodyOf<{ error: { message: string } }>(reply).error.message).not.toContain('bob');
  expect(logged.join()).not.toContain('token-of');
  if (code !== 'TOO_MANY_REQUESTS') expect(logged.join()).toContain(name);
});
