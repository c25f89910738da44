/**
 * Preloaded into the server by tests of a full disk: mounts a file system of 2 MiB at `SMALL_DISK`, which only this
 * process and its children see and which goes with them. The process id is written to `SMALL_DISK`.pid, so that a
 * test finds the disk under /proc.
 */
import { writeFileSync } from 'node:fs';

const { SMALL_DISK } = process.env;
const env = { ...process.env };
delete env.NODE_OPTIONS;

writeFileSync(`${SMALL_DISK}.pid`, String(process.pid));
const mount = 'mount -t tmpfs -o size=2m none "$0" && exec "$@"';
process.execve(
  '/usr/bin/env',
  ['env', 'unshare', '--map-root-user', '--mount', 'sh', '-c', mount, SMALL_DISK, process.execPath, process.argv[1]],
  env,
);
