import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CheckFailed } from '../../../bin/image-check/failure';
import { takeTurn, turnFault, waitUntilHealthy } from '../../../bin/image-check/turn';

const ANSWER = 'This is the scripted answer.';
const LONG_MS = 20_000;
const never = new AbortController().signal;
const running = (): void => undefined;

describe('waitUntilHealthy', () => {
  const server = withServer();

  it('waits until the status is Healthy', async () => {
    let pings = 0;
    const address = await server.listen((_, res) => {
      pings += 1;
      if (pings === 1) res.writeHead(503).end();
      else res.end(pings === 2 ? 'starting' : '{"status":"Healthy"}');
    });

    await waitUntilHealthy(address, running, LONG_MS, never);

    expect(pings).toBe(3);
  });

  it('tells what was answered last when the deadline passes', async () => {
    const address = await server.listen((_, res) => res.writeHead(500).end('broken'));

    await expect(waitUntilHealthy(address, running, 300, never)).rejects.toThrow(/within 0.3 s but: HTTP 500 broken/);
  });

  it('gives up at once when the container has ended', async () => {
    const address = await server.listen((_, res) => res.writeHead(500).end());
    const ended = (): void => {
      throw new CheckFailed('the container ended with exit code 4');
    };

    await expect(waitUntilHealthy(address, ended, LONG_MS, never)).rejects.toThrow('ended with exit code 4');
  });

  it('stops waiting when it is interrupted', async () => {
    const interruption = new AbortController();
    const address = await server.listen(() => interruption.abort(new Error('interrupted by SIGINT')));

    await expect(waitUntilHealthy(address, running, LONG_MS, interruption.signal)).rejects.toThrow(
      'interrupted by SIGINT',
    );
  });
});

describe('takeTurn', () => {
  const server = withServer();

  it('sends the prompt in a session whose id is long enough for AgentCore', async () => {
    let request: { session: unknown; body: unknown } | undefined;
    const address = await server.listen((req, res) => {
      let text = '';
      req.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      req.on('end', () => {
        request = { session: req.headers['x-amzn-bedrock-agentcore-runtime-session-id'], body: JSON.parse(text) };
        res.end(JSON.stringify({ response: ANSWER, status: 'success' }));
      });
    });

    await takeTurn(address, 'hello', ANSWER, LONG_MS, never);

    expect(request).toEqual({ session: expect.stringMatching(/^.{33,}$/), body: { prompt: 'hello' } });
  });

  it('tells what came instead of the answer', async () => {
    const address = await server.listen((_, res) => res.end('{"response":"canned","status":"success"}'));

    await expect(takeTurn(address, 'hello', ANSWER, LONG_MS, never)).rejects.toThrow(/but: {"response":"canned"/);
  });

  it('fails when the connection is cut', async () => {
    const address = await server.listen((req) => req.socket.destroy());

    await expect(takeTurn(address, 'hello', ANSWER, LONG_MS, never)).rejects.toThrow(/got no reply: /);
  });
});

describe('turnFault', () => {
  it.each([
    [400, '{"error":{}}', /HTTP 400: {"error":{}}/],
    [200, '<html>', /not JSON: <html>/],
    [200, 'null', /did not succeed: null/],
    [200, JSON.stringify({ status: 'error', response: ANSWER }), /did not succeed/],
    [200, JSON.stringify({ status: 'success' }), /did not bring the model's answer/],
    [200, JSON.stringify({ status: 'success', response: `${ANSWER} And more.` }), /did not bring the model's answer/],
  ])('finds fault with HTTP %d %s', (status, text, fault) => {
    expect(turnFault(status, text, ANSWER)).toMatch(fault);
  });

  it('finds no fault with the answer, white space around it apart', () => {
    expect(turnFault(200, JSON.stringify({ status: 'success', response: `${ANSWER}\n` }), ANSWER)).toBeUndefined();
  });
});

/** A server on loopback for each test, closed after it. */
function withServer(): { listen(listener: RequestListener): Promise<string> } {
  let server: Server | undefined;
  afterEach(async () => {
    const closing = server;
    await new Promise((resolve) => {
      closing?.close(resolve);
      closing?.closeAllConnections();
    });
  });
  return {
    async listen(listener) {
      const listening = createServer(listener);
      server = listening;
      await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
      return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
    },
  };
}
