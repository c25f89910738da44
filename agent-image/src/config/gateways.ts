import { isSafeUrl } from './safe-url.ts';
import { serverVariables } from './server-names.ts';
import { ConfigError, jsonObject } from './variables.ts';

/** A gateway of AgentCore whose tools the agent may call. */
export interface GatewayConfig {
  /** Of the MCP server that the agent has for it; its tools are `mcp__<name>__<target>___<tool>`. */
  readonly name: string;
  /** Its MCP endpoint. */
  readonly url: string;
  /** Whether the agent signs with its role, or sends the access token of the user. */
  readonly auth: 'iam' | 'user';
  /** Of the gateway, when its address names it. */
  readonly region?: string;
}

const PREFIX = 'AGENT_GATEWAY_';
const EXAMPLE = '{"url":"https://tools-a1b2c3d4e5.gateway.bedrock-agentcore.eu-west-1.amazonaws.com/mcp","auth":"iam"}';

/** Source of the form: the gateway URL in the developer guide of Amazon Bedrock AgentCore. */
const HOST = /\.gateway\.bedrock-agentcore\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/;

/**
 * Reads all `AGENT_GATEWAY_<NAME>`.
 *
 * @param authorizer of the agent: only with `jwt` there is a token of the user to send
 * @throws ConfigError saying which field is wrong
 */
export function readGateways(env: NodeJS.ProcessEnv, authorizer: 'jwt' | 'iam'): readonly GatewayConfig[] {
  return serverVariables(env, PREFIX).map(({ variable, server }) => {
    const { url, auth } = jsonObject(env, variable, ['url', 'auth'], EXAMPLE) ?? {};
    if (!isSafeUrl(url)) {
      const rule = 'give the https address of its MCP endpoint, without credentials, query and fragment';
      throw new ConfigError(`${variable} has a "url" that cannot be called: ${rule}, as in ${EXAMPLE}.`);
    }
    if (auth !== 'iam' && auth !== 'user') {
      throw new ConfigError(`${variable} has no known "auth": allowed are "iam" and "user", as in ${EXAMPLE}.`);
    }
    if (auth === 'user' && authorizer !== 'jwt') {
      const remedy = 'set AGENT_AUTHORIZER to jwt, or "auth" to "iam"';
      throw new ConfigError(
        `${variable} sends the token of the user, and callers of this agent bring none because they sign with IAM: ${remedy}.`,
      );
    }
    const region = HOST.exec(new URL(url).hostname)?.[1];
    return { name: server, url, auth, ...(region !== undefined && { region }) };
  });
}
