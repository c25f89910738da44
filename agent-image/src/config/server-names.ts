import { ConfigError, optional } from './variables.ts';

/** Servers that the agent itself may have besides gateways and connections. */
const RESERVED: readonly string[] = ['CI', 'BR'];

/** What a deployment names with one variable each: the variable and the name of the agent's MCP server for it. */
export interface ServerVariable {
  readonly variable: string;
  /** Lower case: `gw` for `AGENT_GATEWAY_GW`. */
  readonly server: string;
}

/**
 * The variables that begin with `prefix` and are set, each of which gives the agent an MCP server.
 *
 * @throws ConfigError for a name that is no name, or that the agent has for something else
 */
export function serverVariables(env: NodeJS.ProcessEnv, prefix: string): readonly ServerVariable[] {
  return Object.keys(env)
    .filter((variable) => variable.startsWith(prefix) && optional(env, variable) !== undefined)
    .sort()
    .map((variable) => {
      const name = variable.slice(prefix.length);
      if (!/^[A-Z][A-Z0-9]{0,15}$/.test(name)) {
        const rule = '1 to 16 upper-case letters and digits after it, with a letter first';
        throw new ConfigError(`${variable} has no usable name: ${prefix} needs ${rule}.`);
      }
      if (RESERVED.includes(name)) {
        throw new ConfigError(
          `${variable} takes the name ${name}, which belongs to a tool of the agent: give another.`,
        );
      }
      return { variable, server: name.toLowerCase() };
    });
}
