import type { Duration } from 'aws-cdk-lib';

/** LifecycleConfiguration of microVMs: 60 to 28,800 seconds for both (AgentCore developer guide, lifecycle settings). */
const MIN_SECONDS = 60;
const MAX_SECONDS = 28_800;

/** What AgentCore uses where nothing is said. */
const DEFAULT_IDLE_SECONDS = 900;
const DEFAULT_LIFETIME_SECONDS = 28_800;

/** What speaks against these limits of a session. */
export function lifecycleFindings(idleTimeout: Duration | undefined, maxLifetime: Duration | undefined): string[] {
  const idle = idleTimeout?.toSeconds() ?? DEFAULT_IDLE_SECONDS;
  const lifetime = maxLifetime?.toSeconds() ?? DEFAULT_LIFETIME_SECONDS;
  return [
    ...rangeFindings('idleTimeout', idle),
    ...rangeFindings('maxLifetime', lifetime),
    ...(idle > lifetime
      ? [
          `idleTimeout (${idle} seconds${idleTimeout === undefined ? ', the default' : ''}) is longer than maxLifetime (${lifetime} seconds), so a session would never end by being idle; make it ${lifetime} seconds or less`,
        ]
      : []),
  ];
}

function rangeFindings(prop: string, seconds: number): string[] {
  return seconds >= MIN_SECONDS && seconds <= MAX_SECONDS
    ? []
    : [`${prop} is ${seconds} seconds; AgentCore allows ${MIN_SECONDS} seconds to ${MAX_SECONDS} (8 hours)`];
}
