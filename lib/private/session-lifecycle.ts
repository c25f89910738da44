import { Token, type Duration } from 'aws-cdk-lib';

/** LifecycleConfiguration of microVMs: 60 to 28,800 seconds for both (AgentCore developer guide, lifecycle settings). */
const MIN_SECONDS = 60;
const MAX_SECONDS = 28_800;

/** What AgentCore uses where nothing is said. */
const DEFAULT_IDLE_SECONDS = 900;
const DEFAULT_LIFETIME_SECONDS = 28_800;

/**
 * What speaks against these limits of a session, in seconds; what only the deployment knows is not looked at.
 *
 * @param idleTimeout undefined for the default of 900
 * @param maxLifetime undefined for the default of 28,800
 */
export function lifecycleFindings(idleTimeout: number | undefined, maxLifetime: number | undefined): string[] {
  const idle = idleTimeout ?? DEFAULT_IDLE_SECONDS;
  const lifetime = maxLifetime ?? DEFAULT_LIFETIME_SECONDS;
  return [
    ...rangeFindings('idleTimeout', idle),
    ...rangeFindings('maxLifetime', lifetime),
    ...(!Token.isUnresolved(idle) && !Token.isUnresolved(lifetime) && idle > lifetime
      ? [
          `idleTimeout (${idle} seconds${idleTimeout === undefined ? ', the default' : ''}) is longer than maxLifetime (${lifetime} seconds), so a session would never end by being idle; make it ${lifetime} seconds or less`,
        ]
      : []),
  ];
}

/** As lifecycleFindings, and what speaks against writing these durations as whole seconds. */
export function durationFindings(idleTimeout: Duration | undefined, maxLifetime: Duration | undefined): string[] {
  const findings = [...secondsFindings('idleTimeout', idleTimeout), ...secondsFindings('maxLifetime', maxLifetime)];
  return findings.length > 0 ? findings : lifecycleFindings(idleTimeout?.toSeconds(), maxLifetime?.toSeconds());
}

function secondsFindings(prop: string, duration: Duration | undefined): string[] {
  if (duration === undefined) return [];
  if (duration.isUnresolved()) {
    return duration.unitLabel() === 'seconds'
      ? []
      : [
          `${prop} is a number of ${duration.unitLabel()} that only the deployment knows, where nothing turns it into seconds; give it as Duration.seconds(…)`,
        ];
  }
  const seconds = duration.toSeconds({ integral: false });
  return Number.isInteger(seconds) ? [] : [`${prop} is ${seconds} seconds, and AgentCore counts whole ones; round it`];
}

function rangeFindings(prop: string, seconds: number): string[] {
  return Token.isUnresolved(seconds) || (seconds >= MIN_SECONDS && seconds <= MAX_SECONDS)
    ? []
    : [`${prop} is ${seconds} seconds; AgentCore allows ${MIN_SECONDS} seconds to ${MAX_SECONDS} (8 hours)`];
}
