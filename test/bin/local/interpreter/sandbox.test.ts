import { randomUUID } from 'node:crypto';
import { existsSync, writeFileSync, rmSync, mkdtempSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith } from '../support/programs';
import { processesWith, TestInterpreter } from '../support/test-interpreter';
import { waitUntil } from '../support/wait-until';

const MiB = 1024 * 1024;

describeWith('bwrap', 'bubblewrap', 'what code in the sandbox may not do', () => {
  let session: TestInterpreter;

  const start = async (limits = {}): Promise<TestInterpreter> => (session = await new TestInterpreter(limits).start());

  afterEach(() => session.stop());

  /** What still has to be so after every attack. */
  const isWell = async (): Promise<void> => {
    expect(await session.python('6 * 7')).toMatchObject({ stdout: '42\n', exitCode: 0 });
    expect((await session.command('echo alive')).stdout).toBe('alive\n');
  };

  it('see anything of this machine but its programs', async () => {
    const secret = mkdtempSync(join(tmpdir(), 'of-the-host-'));
    writeFileSync(join(secret, 'secret'), 'leaked');
    process.env.SECRET_OF_THE_PERSON = 'leaked';
    await start();
    const seen = await session.command(
      `ls -a / /etc /home /root /tmp; cat /etc/passwd ${secret}/secret; env; cat /proc/1/environ; ls /proc | grep -c '^[0-9]'; id -u`,
    );
    delete process.env.SECRET_OF_THE_PERSON;
    rmSync(secret, { recursive: true });

    expect(seen.stdout + seen.stderr).not.toContain('leaked');
    expect(seen.stderr).toMatch(/\/etc\/passwd: No such file/);
    expect(seen.stderr).toMatch(/\/root'?: No such file/);
    expect(seen.stderr).toMatch(/\/proc\/1\/environ: Permission denied/);
    expect(seen.stdout).toMatch(/\n1000\n$/);
  });

  it('reach the network, that of this machine included', async () => {
    const server = createServer((socket) => socket.end('reached'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await start();
    const { stdout } = await session.python(`
import socket
for address in [('127.0.0.1', ${String(port)}), ('169.254.169.254', 80), ('1.1.1.1', 53)]:
    try:
        socket.create_connection(address, 2); print('reached')
    except OSError as error:
        print(error.strerror)
print([name for _, name in socket.if_nameindex()])`);
    server.close();

    expect(stdout).toBe("Connection refused\nNetwork is unreachable\nNetwork is unreachable\n['lo']\n");
  });

  it('become more than it is', async () => {
    await start();
    const tried = await session.command(
      'unshare -Ur true; mount -t tmpfs x /mnt; chroot / true; grep -E "^(CapEff|NoNewPrivs)" /proc/self/status; touch /x /usr/x /dev/x /run/interpreter/keeper.py',
    );

    expect(tried.stderr).toContain('unshare failed');
    expect(tried.stdout).toMatch(/CapEff:\s0000000000000000\nNoNewPrivs:\s1\n/);
    for (const path of ['/x', '/usr/x', '/dev/x', '/run/interpreter/keeper.py']) {
      expect(tried.stderr).toContain(`touch: cannot touch '${path}': Read-only file system`);
    }
  });

  it('destroy more than its own files with rm -rf /', async () => {
    await start();
    await session.command('echo x > mine');
    const { exitCode } = await session.command('rm -rf --no-preserve-root / 2>/dev/null');

    expect(exitCode).not.toBe(0);
    expect(existsSync('/usr/bin/env')).toBe(true);
    expect((await session.command('ls')).stdout).toBe('');
    await isWell();
  });

  it('fill the memory with output', async () => {
    await start({ outputBytes: 1000, callSeconds: 3 });
    const flood = await session.command('yes');
    expect(flood).toMatchObject({ exitCode: 137, isError: true });
    expect(flood.stdout).toHaveLength(1000);
    expect(flood.stderr).toContain('the output was longer; only its beginning is kept');
    expect(flood.stderr).toContain('ended after 3 s, the time limit of one call');

    await session.python('kept = 1');
    const printed = await session.python('while True: print("x" * 10000)');
    expect(printed.stdout).toHaveLength(1000);
    expect(printed.stderr).toContain('TimeoutError');
    expect((await session.python('kept')).stdout).toBe('1\n');
  });

  it('fill the disk', async () => {
    await start({ diskBytes: 16 * MiB });
    const filled = await session.command(
      'for i in 1 2 3 4; do head -c 10000000 /dev/zero > file$i; done; head -c 100000000 /dev/zero > /tmp/file; head -c 10000000 /dev/zero > /dev/shm/file; du -sb --total . /tmp /dev/shm | tail -1',
    );

    expect(filled.stderr).toContain('No space left on device');
    expect(Number(filled.stdout.split('\t')[0])).toBeLessThan((16 + 64 + 1) * MiB + 4096 * 4);
    await session.command('rm -f file* /tmp/file /dev/shm/file');
    await isWell();
  });

  it('take all memory, neither in one process nor in many', async () => {
    await start({ addressBytes: 256 * MiB, memoryBytes: 300 * MiB });
    await session.python('kept = 1');
    const one = await session.python('x = bytearray(1_000_000_000)');
    expect(one.stderr).toContain('MemoryError');
    expect((await session.python('kept')).stdout).toBe('1\n');

    const many = await session.command(
      `for i in $(seq 20); do python3 -c 'import time; x = bytearray(b"x") * 100_000_000; time.sleep(60)' & done; wait`,
    );
    expect(many).toMatchObject({ exitCode: 137, isError: true });
    expect(many.stderr).toContain('used more memory than it may');
    await isWell();
  });

  it('keep memory that belongs to no process', async () => {
    await start();
    const { stdout } = await session.python(`
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for name, args in [('memfd_create', (b'x', 0)), ('shmget', (0, 1 << 20, 0o1600)), ('msgget', (0, 0o1600)), ('semget', (0, 1, 0o1600))]:
    print(name, getattr(libc, name)(*args), os.strerror(ctypes.get_errno()))`);

    expect(stdout.trim().split('\n')).toEqual(
      ['memfd_create', 'shmget', 'msgget', 'semget'].map((name) => `${name} -1 Function not implemented`),
    );
    await isWell();
  });

  it.each([
    [
      'in sockets that are open',
      `
import socket, time
pairs = []
while True:
    pairs.append(socket.socketpair())
    pairs[-1][0].setblocking(False)
    try:
        while True: pairs[-1][0].send(b'x' * 65536)
    except BlockingIOError: pass
    if len(pairs) == 400: break
time.sleep(15)
print('had it all')`,
    ],
    [
      'in connections that nobody has taken',
      `
import socket, time
server = socket.socket(socket.AF_UNIX)
server.bind('socket')
server.listen(4096)
for _ in range(1000):
    with socket.socket(socket.AF_UNIX) as client:
        client.setblocking(False)
        client.connect('socket')
        try:
            while True: client.send(b'x' * 65536)
        except BlockingIOError: pass
time.sleep(15)
print('had it all')`,
    ],
    [
      'behind a first thread that has ended',
      `
import subprocess
program = '''
import ctypes, os, platform, threading, time
def take():
    time.sleep(0.5)
    kept = bytearray(b'x') * 500_000_000
    time.sleep(15)
    print('had it all', flush=True)
threading.Thread(target=take).start()
ctypes.CDLL(None).syscall({'x86_64': 60, 'aarch64': 93}[platform.machine()], 0)
'''
subprocess.run(['python3', '-c', program])`,
    ],
  ])('hide memory %s', async (_where, code) => {
    await start({ memoryBytes: 128 * MiB });
    const hidden = await session.python(code);

    expect(hidden).toMatchObject({ stdout: '', exitCode: 137, isError: true });
    expect(hidden.stderr).toContain('used more memory than it may');
    await isWell();
  });

  it('hide memory in the names of files that are empty', async () => {
    await start({ memoryBytes: 128 * MiB });
    const hidden = await session.python(`
import time
for index in range(200000): open(f'{index}', 'w').close()
time.sleep(15)
print('had it all')`);

    // They are there after it too, so that the session may not outlive this.
    expect(hidden).toMatchObject({ stdout: '', exitCode: 137, isError: true });
    expect(hidden.stderr).toContain('used more memory than it may');
  });

  it('take the last memory of this machine', async () => {
    await start({ reserveBytes: Number.MAX_SAFE_INTEGER });
    await expect(session.python('1')).rejects.toThrow('this machine has too little memory left');
    await waitUntil(() => session.status() === 'TERMINATED');
  });

  it('open sockets that nothing counts', async () => {
    await start();
    const { stdout } = await session.python(`
import socket
for family, kind, protocol in [(38, 5, 0), (40, 1, 0), (17, 3, 0), (2, 1, 132), (2, 5, 0), (10, 1, 262), (1, 1, 0), (2, 1, 0), (10, 2, 17), (16, 3, 0)]:
    try:
        socket.socket(family, kind, protocol).close(); print('opened')
    except OSError as error:
        print(error.errno)`);

    expect(stdout.trim().split('\n')).toEqual([...Array<string>(6).fill('97'), ...Array<string>(4).fill('opened')]);
  });

  it('start processes without end', async () => {
    await start({ callSeconds: 5, processes: 40 });
    const bomb = await session.command('bomb() { bomb | bomb & }; bomb; sleep 1; ls /proc | grep -c "^[0-9]"');
    expect(bomb.stderr).toMatch(/fork: (retry: )?Resource temporarily unavailable/);
    await session.command('kill -9 -1');
    await isWell();

    const python = await session.python(`
import os, time
started = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(60); os._exit(0)
        started += 1
except OSError as error:
    print(started, error.strerror)`);
    expect(python.stdout).toMatch(/^\d+ Resource temporarily unavailable\n$/);
    expect(Number(python.stdout.split(' ')[0])).toBeLessThan(40);
    await session.command('pkill -9 python3; kill -9 -1');
    await isWell();
  });

  it('run for ever', async () => {
    await start({ callSeconds: 1 });
    await session.python('kept = 1');

    expect((await session.python('while True: pass')).stderr).toContain('TimeoutError: the time limit of 1 s is over');
    expect((await session.python('kept')).stdout).toBe('1\n');
    const stubborn = await session.python(`
import time
while True:
    try: time.sleep(60)
    except BaseException: pass`);
    expect(stubborn).toMatchObject({ exitCode: 137, isError: true });
    expect(stubborn.stderr).toContain('the next call starts a new one, without the variables of this one');
    expect((await session.python('"kept" in globals()')).stdout).toBe('False\n');
    expect((await session.javascript('for (;;);')).exitCode).toBe(137);
    expect((await session.javascript('1 + 1')).stdout).toBe('2\n');
  });

  it('outlive the time limit of a call by leaving its group', async () => {
    const mark = randomUUID();
    await start({ callSeconds: 2 });
    const late = await session.command(
      `setsid bash -c 'setsid bash -c "exec -a ${mark} sleep 1000" & exec -a ${mark} sleep 1000' & ` +
        `(setsid bash -c 'exec -a ${mark} sleep 1000' &) ; sleep 1000`,
    );

    expect(late).toMatchObject({ exitCode: 137, isError: true });
    await waitUntil(() => processesWith(mark) === 0);
    await isWell();
  });

  it('end what keeps it', async () => {
    await start();
    const dead = await session.python('import os; os.kill(os.getpid(), 9)');
    expect(dead).toMatchObject({ exitCode: 137, isError: true });
    expect(dead.stderr).toContain('the interpreter ended (137)');
    await session.command('kill -9 1; kill -9 -1');
    await session.command('echo > /proc/1/oom_score_adj; cat /proc/1/mem; echo broken > /proc/1/fd/4');

    await isWell();
    expect(session.status()).toBe('READY');
  });

  it('deceive this machine by what it writes to its channel', async () => {
    await start();
    const forged = await session.python(`
import os
for line in ['{', 'null', '[1]', '{"id": 5}', '{"exitCode": "x"}', '{"exitCode": 0, "images": 7}', '\\\\x00' * 1000]:
    os.write(4, (line + '\\n').encode())
print('done')`);

    expect(forged).toMatchObject({ stdout: 'done\n', exitCode: 0, images: [] });
    await isWell();
  });

  it('lead this machine astray by links, pipes and directories among its files', async () => {
    await start();
    await session.command('ln -s /etc/passwd link; ln -s / root; mkfifo pipe; ln -s loop loop; mkdir directory');
    const read = await session.invoke('readFiles', {
      paths: ['link', 'root/etc/passwd', 'pipe', 'loop', 'directory', '../etc/passwd', '/etc/passwd', 'a\0b'],
    });

    expect(read.isError).toBe(true);
    expect(read.content).toHaveLength(8);
    expect(read.content.every(({ type }) => type === 'text')).toBe(true);
    await isWell();
  });

  it('live on when its session ends', async () => {
    const mark = randomUUID();
    await start();
    await session.invoke('startCommandExecution', { command: `exec -a ${mark} sleep 1000` });
    await session.command(`setsid bash -c 'exec -a ${mark} sleep 1000' > /dev/null 2>&1 &`);
    await waitUntil(() => processesWith(mark) >= 2);
    expect(session.reaper.groups.size).toBe(1);
    await session.stop();

    await waitUntil(() => processesWith(mark) === 0);
    expect(session.reaper.groups.size).toBe(0);
    expect(session.status()).toBe('TERMINATED');
  });
});
