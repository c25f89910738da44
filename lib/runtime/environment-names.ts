import { AgentEnvironment } from '../agent/agent-environment';

/** The property that sets a variable of this library; capabilities set the ones that are not here. */
const PROPERTIES: Readonly<Record<string, string>> = {
  [AgentEnvironment.MODEL_MAIN]: 'models',
  [AgentEnvironment.MODEL_FAST]: 'models',
  [AgentEnvironment.MODEL_SUBAGENT]: 'models',
  [AgentEnvironment.MODEL_OPUS]: 'models',
  [AgentEnvironment.MODEL_SONNET]: 'models',
  [AgentEnvironment.MODEL_HAIKU]: 'models',
  [AgentEnvironment.MODEL_PROVIDER]: 'models',
  [AgentEnvironment.GUARDRAIL]: 'guardrail',
  [AgentEnvironment.NAME]: 'runtimeName',
  [AgentEnvironment.AUTHORIZER]: 'authorizer',
  [AgentEnvironment.LIMITS]: 'limits',
  [AgentEnvironment.PERMISSION_MODES]: 'permissionModes',
  [AgentEnvironment.CALLER_OVERRIDES]: 'callerOverrides',
  [AgentEnvironment.LOG_PROMPTS]: 'logPrompts',
  [AgentEnvironment.TRACING]: 'tracing',
  [AgentEnvironment.METRICS_NAMESPACE]: 'metricsNamespace',
};

/** Names that end in an underscore begin those of as many variables as are wanted. */
const PREFIXES = Object.values(AgentEnvironment).filter((name) => name.endsWith('_'));

const OWN_NAMES = new Set<string>(Object.values(AgentEnvironment));

/**
 * The property to use instead of setting the variable `name`; undefined where the name is free. A value that goes past its
 * property would go past the checks of that property, and the agent would believe it.
 */
export function propertyOf(name: string): string | undefined {
  if (name.startsWith(AgentEnvironment.SECRET_PREFIX)) return 'secrets';
  if (PREFIXES.some((prefix) => name.startsWith(prefix))) return 'capabilities';
  return OWN_NAMES.has(name) ? (PROPERTIES[name] ?? 'capabilities') : undefined;
}

/** What speaks against setting these variables by hand. */
export function environmentNameFindings(names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const property = propertyOf(name);
    return property === undefined
      ? []
      : [
          `environment variable "${name}" belongs to this library, which checks what it says; use the property ${property}`,
        ];
  });
}
