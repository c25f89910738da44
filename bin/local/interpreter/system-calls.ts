/**
 * What code in a sandbox may not ask of the kernel, as a seccomp program: calls that hold memory which belongs to no
 * process, so that no limit of a process and no sum over processes covers it, families of sockets that nothing counts, and
 * larger buffers of sockets than those they have by default, which is what they are counted with.
 */

/** Numbers of a machine's system calls. Source: the kernel's tables, arch/x86/entry and include/uapi/asm-generic. */
interface Machine {
  /** AUDIT_ARCH of linux/audit.h. */
  readonly audit: number;
  readonly socket: number;
  readonly setsockopt: number;
  readonly refused: Readonly<Record<string, number>>;
  /** Numbers from here on are those of another calling convention. */
  readonly end: number;
}

const NEWER = { io_uring_setup: 425, memfd_secret: 447 };

const MACHINES: Readonly<Record<string, Machine>> = {
  x64: {
    audit: 0xc000_003e,
    socket: 41,
    setsockopt: 54,
    refused: {
      ...{ memfd_create: 319, shmget: 29, msgget: 68, semget: 64, vmsplice: 278 },
      ...{ add_key: 248, request_key: 249, keyctl: 250, bpf: 321, perf_event_open: 298, userfaultfd: 323 },
      ...NEWER,
    },
    end: 0x4000_0000,
  },
  arm64: {
    audit: 0xc000_00b7,
    socket: 198,
    setsockopt: 208,
    refused: {
      ...{ memfd_create: 279, shmget: 194, msgget: 186, semget: 190, vmsplice: 75 },
      ...{ add_key: 217, request_key: 218, keyctl: 219, bpf: 280, perf_event_open: 241, userfaultfd: 282 },
      ...NEWER,
    },
    end: 0x8000_0000,
  },
};

/** The processors for which {@link refusedCalls} has a program, as Node.js names them. */
export const KNOWN_MACHINES: readonly string[] = Object.keys(MACHINES);

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK: those whose sockets /proc/net lists, and that ordinary programs use. */
const FAMILIES = [1, 2, 10, 16];
const INTERNET: readonly number[] = [2, 10];
/** By default, TCP and UDP. */
const PROTOCOLS = [0, 6, 17];
const SOCK_SEQPACKET = 5;

const SOL_SOCKET = 1;
/**
 * SO_SNDBUF and SO_RCVBUF: without effect but no error, as the kernel itself takes a size that is too large, because
 * programs give up when it fails.
 */
const BUFFER_SIZES = [7, 8];
/** SO_SNDBUFFORCE and SO_RCVBUFFORCE, which programs expect to fail. */
const FORCED_BUFFER_SIZES = [32, 33];

/** Offsets in struct seccomp_data; of arguments, the lower half. */
const AT = { number: 0, architecture: 4, family: 16, type: 24, protocol: 32, level: 24, option: 32 };

/** Operations of classic BPF. Source: linux/bpf_common.h. */
const LOAD = 0x20;
const AND = 0x54;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_AT_LEAST = 0x35;
const RETURN = 0x06;
const ALLOW = 0x7fff_0000;
const FAIL_WITH = 0x0005_0000;

interface Step {
  readonly operation: number;
  readonly value: number;
  /** Steps that are left out when the comparison holds. */
  readonly skip?: number;
  /** Those that are when it does not. */
  readonly skipElse?: number;
}

/**
 * The program for `bwrap --seccomp`. The calls that it refuses fail as on a kernel that does not have them.
 *
 * @param processor as Node.js names it
 * @returns undefined for a processor whose numbers are not known
 */
export function refusedCalls(processor: string): Buffer | undefined {
  const machine = MACHINES[processor];
  if (machine === undefined) return undefined;
  const ofOptions = optionSteps();
  const steps = [
    { operation: LOAD, value: AT.architecture },
    { operation: JUMP_IF_EQUAL, value: machine.audit, skip: 1 },
    fail(ENOSYS),
    { operation: LOAD, value: AT.number },
    ...unless(JUMP_IF_AT_LEAST, machine.end, ENOSYS),
    ...Object.values(machine.refused).flatMap((number) => unless(JUMP_IF_EQUAL, number, ENOSYS)),
    { operation: JUMP_IF_EQUAL, value: machine.setsockopt, skipElse: ofOptions.length },
    ...ofOptions,
    { operation: JUMP_IF_EQUAL, value: machine.socket, skip: 1 },
    { operation: RETURN, value: ALLOW },
    ...socketSteps(),
  ];
  return Buffer.concat(steps.map(encoded));
}

function optionSteps(): Step[] {
  return [
    { operation: LOAD, value: AT.level },
    { operation: JUMP_IF_EQUAL, value: SOL_SOCKET, skip: 1 },
    { operation: RETURN, value: ALLOW },
    { operation: LOAD, value: AT.option },
    ...BUFFER_SIZES.flatMap((option) => unless(JUMP_IF_EQUAL, option, 0)),
    ...FORCED_BUFFER_SIZES.flatMap((option) => unless(JUMP_IF_EQUAL, option, EPERM)),
    { operation: RETURN, value: ALLOW },
  ];
}

function socketSteps(): Step[] {
  const isInternet = INTERNET.map((value, index) => ({
    operation: JUMP_IF_EQUAL,
    value,
    skip: INTERNET.length - index,
  }));
  return [
    { operation: LOAD, value: AT.family },
    ...oneOf(FAMILIES),
    ...isInternet,
    { operation: RETURN, value: ALLOW },
    { operation: LOAD, value: AT.protocol },
    ...oneOf(PROTOCOLS),
    { operation: LOAD, value: AT.type },
    { operation: AND, value: 0xf },
    ...unless(JUMP_IF_EQUAL, SOCK_SEQPACKET, EAFNOSUPPORT),
    { operation: RETURN, value: ALLOW },
  ];
}

/** Goes on when what was loaded is one of `values`. */
function oneOf(values: readonly number[]): Step[] {
  return [
    ...values.map((value, index) => ({ operation: JUMP_IF_EQUAL, value, skip: values.length - index })),
    fail(EAFNOSUPPORT),
  ];
}

/** Fails when the comparison holds; with an error of 0 the call is left out and seems to have worked. */
function unless(operation: number, value: number, error: number): Step[] {
  return [{ operation, value, skipElse: 1 }, fail(error)];
}

function fail(error: number): Step {
  return { operation: RETURN, value: FAIL_WITH + error };
}

/** struct sock_filter, on machines that put the lower byte first. */
function encoded({ operation, value, skip = 0, skipElse = 0 }: Step): Buffer {
  const step = Buffer.alloc(8);
  step.writeUInt16LE(operation, 0);
  step.writeUInt8(skip, 2);
  step.writeUInt8(skipElse, 3);
  step.writeUInt32LE(value, 4);
  return step;
}
