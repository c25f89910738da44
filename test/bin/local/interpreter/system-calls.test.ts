import { KNOWN_MACHINES, refusedCalls } from '../../../../bin/local/interpreter/system-calls';

const ALLOWED = 'allowed';
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

const AUDIT: Readonly<Record<string, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };
const I386 = 0x40000003;

interface Call {
  readonly number: number;
  readonly audit: number;
  readonly args?: readonly number[];
}

/** What a program decides about a call, as the kernel would run it: the error, or that it is allowed. */
function decided(program: Buffer, { number, audit, args = [] }: Call): number | typeof ALLOWED {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(audit, 4);
  args.forEach((arg, index) => data.writeUInt32LE(arg, 16 + index * 8));
  let accumulator = 0;
  for (let at = 0; ; at += 1) {
    const step = program.subarray(at * 8, at * 8 + 8);
    const [operation, skip, skipElse, value] = [step.readUInt16LE(0), step[2], step[3], step.readUInt32LE(4)];
    const jump = (holds: boolean): number => Number(holds ? skip : skipElse);
    if (operation === 0x20) accumulator = data.readUInt32LE(value);
    else if (operation === 0x54) accumulator = (accumulator & value) >>> 0;
    else if (operation === 0x15) at += jump(accumulator === value);
    else if (operation === 0x35) at += jump(accumulator >= value);
    else if (operation === 0x06) return value === 0x7fff0000 ? ALLOWED : value & 0xffff;
    else throw new Error(`${operation} is no operation of the program`);
  }
}

/** Numbers of calls, as the headers of the C library have them. */
const ORDINARY: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  x64: { read: 0, execve: 59, socket: 41, setsockopt: 54 },
  arm64: { read: 63, execve: 221, socket: 198, setsockopt: 208 },
};
const REFUSED: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  x64: {
    ...{ shmget: 29, semget: 64, msgget: 68, add_key: 248, request_key: 249, keyctl: 250, vmsplice: 278 },
    ...{ perf_event_open: 298, memfd_create: 319, bpf: 321, userfaultfd: 323, io_uring_setup: 425, memfd_secret: 447 },
  },
  arm64: {
    ...{ vmsplice: 75, msgget: 186, semget: 190, shmget: 194, add_key: 217, request_key: 218, keyctl: 219 },
    ...{ perf_event_open: 241, memfd_create: 279, bpf: 280, userfaultfd: 282, io_uring_setup: 425, memfd_secret: 447 },
  },
};

describe.each(KNOWN_MACHINES)('the program for %s', (machine) => {
  const program = refusedCalls(machine) ?? Buffer.alloc(0);
  const audit = AUDIT[machine] ?? 0;
  const call = (name: string, ...args: number[]): number | typeof ALLOWED =>
    decided(program, { number: ORDINARY[machine]?.[name] ?? -1, audit, args });

  it('lets ordinary calls through', () => {
    expect(['read', 'execve'].map((name) => call(name))).toEqual([ALLOWED, ALLOWED]);
  });

  it.each(Object.entries(REFUSED[machine] ?? {}))('refuses %s', (_name, number) => {
    expect(decided(program, { number, audit })).toBe(ENOSYS);
  });

  it('refuses no other call', () => {
    const numbers = Array.from({ length: 1000 }, (_, number) => number);
    const refused = numbers.filter((number) => decided(program, { number, audit }) === ENOSYS);
    expect(refused).toEqual(Object.values(REFUSED[machine] ?? {}).sort((a, b) => a - b));
  });

  it('refuses every call of another calling convention', () => {
    for (const other of [I386, ...Object.values(AUDIT).filter((one) => one !== audit)]) {
      expect(decided(program, { number: ORDINARY[machine]?.read ?? -1, audit: other })).toBe(ENOSYS);
    }
    const x32 = decided(program, { number: 0x4000_0000, audit });
    expect(x32).toBe(machine === 'x64' ? ENOSYS : ALLOWED);
  });

  it.each<readonly [string, readonly number[], number | typeof ALLOWED]>([
    ['of this machine', [1, 1, 0], ALLOWED],
    ['of this machine, with messages in order', [1, 5, 0], ALLOWED],
    ['of netlink', [16, 3, 0], ALLOWED],
    ['TCP', [2, 1, 0], ALLOWED],
    ['TCP, with flags', [10, 0x80801, 6], ALLOWED],
    ['UDP', [10, 2, 17], ALLOWED],
    ['SCTP', [2, 1, 132], EAFNOSUPPORT],
    ['SCTP by its kind', [2, 0x80805, 0], EAFNOSUPPORT],
    ['MPTCP', [2, 1, 262], EAFNOSUPPORT],
    ['of packets', [17, 3, 0], EAFNOSUPPORT],
    ['of the kernel that encrypts', [38, 5, 0], EAFNOSUPPORT],
    ['to the host of a virtual machine', [40, 1, 0], EAFNOSUPPORT],
  ])('decides about sockets: %s', (_which, args, decision) => {
    expect(call('socket', ...args)).toBe(decision);
  });

  it.each<readonly [string, readonly number[], number | typeof ALLOWED]>([
    ['SO_SNDBUF has no effect', [1, 7], 0],
    ['SO_RCVBUF has no effect', [1, 8], 0],
    ['SO_SNDBUFFORCE fails', [1, 32], EPERM],
    ['SO_RCVBUFFORCE fails', [1, 33], EPERM],
    ['SO_REUSEADDR works', [1, 2], ALLOWED],
    ['SO_KEEPALIVE works', [1, 9], ALLOWED],
    ['TCP_USER_TIMEOUT, of another level, works', [6, 18], ALLOWED],
    ['TCP_LINGER2, with the number of SO_RCVBUF, works', [6, 8], ALLOWED],
  ])('decides about options of sockets: %s', (_which, option, decision) => {
    expect(call('setsockopt', 3, ...option)).toBe(decision);
  });
});

it('there is no program for a machine whose numbers are not known', () => {
  expect(refusedCalls('mips')).toBeUndefined();
});
