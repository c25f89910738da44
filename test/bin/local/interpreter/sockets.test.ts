import fs from 'node:fs';
import { describeWith } from '../support/programs';
import { TestInterpreter } from '../support/test-interpreter';
import { waitUntil } from '../support/wait-until';

const MiB = 1024 * 1024;
const PAIRS_OF_TCP = `
import socket, time
server = socket.create_server(('127.0.0.1', 0), backlog=200)
def pair():
    client = socket.create_connection(server.getsockname())
    return client, server.accept()[0]`;

describeWith('bwrap', 'bubblewrap', 'sockets in the sandbox', () => {
  let session: TestInterpreter;

  const start = async (limits = {}): Promise<TestInterpreter> => (session = await new TestInterpreter(limits).start());

  afterEach(async () => {
    jest.restoreAllMocks();
    await session.stop();
  });

  /** As on a machine where an administrator has set these. */
  const setOnThisMachine = (settings: Readonly<Record<string, number>>): void => {
    const read = fs.readFileSync;
    jest.spyOn(fs, 'readFileSync').mockImplementation(((path: string, encoding: BufferEncoding) => {
      const value = settings[path.replace('/proc/sys/net/core/', '')];
      return value === undefined ? read(path, encoding) : `${String(value)}\n`;
    }) as typeof fs.readFileSync);
  };

  it.each([
    ['may ask for', { rmem_max: 1024 * MiB, wmem_max: 1024 * MiB }],
    ['have by default', { rmem_default: 200 * MiB, wmem_default: 200 * MiB }],
  ])('work on a machine with large buffers that programs %s', async (_which, settings) => {
    setOnThisMachine(settings);
    await start();

    const { stdout } = await session.python('import asyncio\nawait asyncio.sleep(0.5)\nprint("slept")');
    expect(stdout).toBe('slept\n');
    expect((await session.command('sleep 0.5; echo alive')).stdout).toBe('alive\n');
  });

  it('keep the buffers that they have, whatever a program asks for', async () => {
    await start();
    const { stdout } = await session.python(`
from socket import *
SIZES, FORCED = [SO_SNDBUF, SO_RCVBUF], [32, 33]
for family, kind in [(AF_UNIX, SOCK_STREAM), (AF_INET, SOCK_STREAM), (AF_INET, SOCK_DGRAM), (AF_NETLINK, SOCK_RAW)]:
    with socket(family, kind) as one:
        before = [one.getsockopt(SOL_SOCKET, size) for size in SIZES]
        for size in SIZES: one.setsockopt(SOL_SOCKET, size, 400_000)
        for size in SIZES: one.setsockopt(SOL_SOCKET, size, 5000)
        print([one.getsockopt(SOL_SOCKET, size) for size in SIZES] == before)
        for size in FORCED:
            try:
                one.setsockopt(SOL_SOCKET, size, 400_000)
            except PermissionError: print('not permitted')
with socket(AF_INET, SOCK_STREAM) as one:
    one.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
    print(one.getsockopt(SOL_SOCKET, SO_KEEPALIVE))`);

    expect(stdout).toBe(`${'True\nnot permitted\nnot permitted\n'.repeat(4)}1\n`);
  });

  it('may be many connections that hold nothing', async () => {
    await start({ memoryBytes: 512 * MiB });
    const idle = await session.python(`${PAIRS_OF_TCP}
pairs = [pair() for _ in range(100)]
time.sleep(1)
print('still there')`);

    expect(idle).toMatchObject({ stdout: 'still there\n', exitCode: 0 });
  });

  it.each([
    ['in connections that nobody reads', "b'x' * 65536"],
    ['in small pieces, which take more than their size', "b'x'"],
  ])('may not hide memory %s', async (_where, piece) => {
    await start({ memoryBytes: 128 * MiB });
    const hidden = await session.python(`${PAIRS_OF_TCP}
pairs = [pair() for _ in range(40)]
for client, _ in pairs:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.setblocking(False)
    try:
        for _ in range(5000): client.send(${piece})
    except BlockingIOError: pass
time.sleep(15)
print('had it all')`);

    expect(hidden).toMatchObject({ stdout: '', exitCode: 137, isError: true });
    expect(hidden.stderr).toContain('used more memory than it may');
    expect((await session.python('6 * 7')).stdout).toBe('42\n');
  });

  it('may not hide memory in netlink, of which only those of the kernel are left out', async () => {
    await start({ memoryBytes: 128 * MiB });
    const hidden = await session.python(`
import socket, time
NETLINK_USERSOCK = 2
kept = []
for _ in range(500):
    kept.append(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_USERSOCK))
    kept[-1].bind((0, 0))
    kept[-1].setblocking(False)
    try:
        while True: kept[0].sendto(b'x' * 60000, kept[-1].getsockname())
    except BlockingIOError: pass
time.sleep(15)
print('had it all')`);

    expect(hidden).toMatchObject({ stdout: '', exitCode: 137, isError: true });
    expect(hidden.stderr).toContain('used more memory than it may');
  });

  it('are named when what is left after all processes is too much', async () => {
    await start({ memoryBytes: 1 });
    await expect(session.python('1')).rejects.toThrow(
      'the files or sockets of the session took more memory than there is for all of it',
    );
    await waitUntil(() => session.status() === 'TERMINATED');
  });
});
