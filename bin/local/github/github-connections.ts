import { gitHubApiUrl, gitHubUrl } from '../endpoints/github';
import type { LocalRuntime } from '../resources/runtime';

const VARIABLE = /^AGENT_CONNECTION_/;

/** A connection of an agent to GitHub, as its environment has it. */
interface GitHubConnection {
  readonly variable: string;
  readonly value: Readonly<Record<string, unknown>> & { readonly provider: string };
}

/** Names of the credential providers through which a runtime reaches GitHub. */
export function gitHubProviders(runtime: LocalRuntime): string[] {
  return connections(runtime).map(({ value }) => value.provider);
}

/** The variables of a runtime with what stands for GitHub in its place. */
export function gitHubEnvironment(runtime: LocalRuntime, endpoint: string): Record<string, string> {
  const addresses = { apiUrl: gitHubApiUrl(endpoint), gitUrl: gitHubUrl(endpoint) };
  return Object.fromEntries(
    connections(runtime).map(({ variable, value }) => [variable, JSON.stringify({ ...value, ...addresses })]),
  );
}

function connections({ environment }: LocalRuntime): GitHubConnection[] {
  return Object.entries(environment).flatMap(([variable, text]) => {
    const value = VARIABLE.test(variable) ? parsed(text) : undefined;
    return value?.vendor === 'github' && typeof value.provider === 'string'
      ? [{ variable, value: { ...value, provider: value.provider } }]
      : [];
  });
}

/** What is not JSON is the agent's to refuse. */
function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
