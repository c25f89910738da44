import { readArguments, UsageError } from '../../../bin/contract-test/arguments';

const URL = 'http://127.0.0.1:8080';

describe('the command line of contract-test', () => {
  it('needs an address only', () => {
    expect(readArguments([URL])).toEqual({ url: URL, json: false, headers: {} });
  });

  it('takes everything that a container may need', () => {
    const sessionId = 's'.repeat(33);
    expect(
      readArguments([
        ...[URL, '--json', '--payload', '{"input":1}', '--busy-payload', '{"input":2}', '--session-header', sessionId],
        ...['--header', 'Authorization: Bearer token', '--header', 'x-user:ada', '--timeout', '5'],
      ]),
    ).toEqual({
      url: URL,
      json: true,
      payload: '{"input":1}',
      busyPayload: '{"input":2}',
      sessionId,
      headers: { Authorization: 'Bearer token', 'x-user': 'ada' },
      timeoutMs: 5_000,
    });
  });

  it('is not read further when help is asked for', () => {
    expect(readArguments(['--help'])).toBeUndefined();
  });

  it.each<[string, string[], string]>([
    ['no address', [], 'no address is given'],
    ['two addresses', [URL, URL], 'is too much; expected one address'],
    ['an address of another kind', ['ftp://127.0.0.1'], 'the address is "ftp://127.0.0.1"'],
    ['a host alone', ['localhost'], 'the address is "localhost"'],
    ['an unknown option', [URL, '--fast'], "Unknown option '--fast'"],
    ['a payload that is no JSON', [URL, '--payload', 'hello'], '--payload is no JSON'],
    ['a busy payload that is no JSON', [URL, '--busy-payload', 'hello'], '--busy-payload is no JSON'],
    ['a short session id', [URL, '--session-header', 'short'], '--session-header has 5 characters; expected 33 to 256'],
    ['no time', [URL, '--timeout', '0'], '--timeout is "0"; expected seconds, 1 to 9999'],
    ['a header that would be two', [URL, '--header', 'a: b\r\nc: d'], 'a --header is not of the form'],
  ])('refuses %s', (_what, args, message) => {
    expect(() => readArguments(args)).toThrow(UsageError);
    expect(() => readArguments(args)).toThrow(message);
  });

  it('does not repeat a header, which may hold a token', () => {
    expect(() => readArguments([URL, '--header', 'Bearer secret-token'])).toThrow(/^(?!.*secret-token)/);
  });
});
