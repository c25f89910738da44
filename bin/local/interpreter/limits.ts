/** What the code of one session may use. */
export interface InterpreterLimits {
  /** Of all its processes together, without what is in its files. */
  readonly memoryBytes: number;
  /** Of this machine, left for others: code is ended when less is there, whoever has it. */
  readonly reserveBytes: number;
  /** Addresses of one process. */
  readonly addressBytes: number;
  readonly processes: number;
  /** Of all its files; they are held in memory. */
  readonly diskBytes: number;
  /** Kept of what one call writes to standard output, and as much of standard error. */
  readonly outputBytes: number;
  /** Of one call; a command that was started in the background may take as long as its session. */
  readonly callSeconds: number;
}

const MiB = 1024 * 1024;

/** Less than AWS gives (2 vCPU, 8 GB, 10 GB of disk, 15 minutes a call): this is somebody's laptop. */
export const DEFAULT_LIMITS: InterpreterLimits = {
  memoryBytes: 2048 * MiB,
  reserveBytes: 256 * MiB,
  addressBytes: 2048 * MiB,
  processes: 64,
  diskBytes: 512 * MiB,
  outputBytes: MiB,
  callSeconds: 120,
};
