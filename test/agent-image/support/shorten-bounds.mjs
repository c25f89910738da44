/**
 * Preloaded into the server by tests that wait for its bounds: shortens the bounds that the server gives the agent
 * process, and only those that it does give. `SHORTENED_BOUNDS` is JSON, milliseconds by variable.
 */
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

const { spawn } = childProcess;
const bounds = JSON.parse(process.env.SHORTENED_BOUNDS ?? '{}');

childProcess.spawn = (command, args, options) => {
  const missing = Object.keys(bounds).filter((name) => !(Number(options.env[name]) > 0));
  if (missing.length > 0) throw new Error(`the server sets no ${missing.join(', ')}`);
  return spawn(command, args, { ...options, env: { ...options.env, ...bounds } });
};
syncBuiltinESMExports();
