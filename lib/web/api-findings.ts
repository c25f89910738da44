import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { originFindings } from '../auth/web-origins';
import type { AgentApiProps } from './agent-api-props';
import { userFindings } from './api-user-findings';

/** Source: maximum of CorsRules of a bucket in the Amazon S3 user guide; each origin is one. */
const MAX_ORIGINS = 100;

/** What speaks against one more origin. */
export function webOriginFindings(origin: string, present: ReadonlySet<string>): string[] {
  if (present.has(origin)) return [];
  return [
    ...originFindings(origin),
    ...(present.size < MAX_ORIGINS
      ? []
      : [`web origin "${origin}" is one too many: a bucket has rules for ${MAX_ORIGINS} at the most`]),
  ];
}

/** What speaks against the properties of an API at `api`. */
export function apiFindings(api: IConstruct, { agent, users, throttle, reservedConcurrency }: AgentApiProps): string[] {
  return [
    ...(Stack.of(api) === Stack.of(agent)
      ? []
      : [
          `the agent ${agent.node.path} is in another stack, and each of both would need the role of the other; define the API in the stack of the agent`,
        ]),
    ...userFindings(users, agent),
    ...(throttle === undefined ? [] : throttleFindings(throttle)),
    ...(reservedConcurrency === undefined || isCount(reservedConcurrency)
      ? []
      : [`reservedConcurrency is ${reservedConcurrency}; give a whole number of requests, at least 1`]),
  ];
}

/** What the agent must have been given for the API to find something; to be asked when the app is complete. */
export function capabilityFindings({ agent, sessions, workspace }: AgentApiProps): string[] {
  return Object.entries({ sessions, workspace })
    .filter(([, capability]) => !agent.capabilities.includes(capability))
    .map(
      ([prop, { node }]) =>
        `the agent ${agent.node.path} does not have ${node.path}, which is "${prop}" of the API, so there would be nothing to find; add it to "capabilities" of the agent`,
    );
}

function throttleFindings(throttle: object): string[] {
  return Object.entries(throttle)
    .filter(([, value]) => !isCount(value))
    .map(([name, value]) => `throttle.${name} is ${String(value)}; give a whole number of requests, at least 1`);
}

function isCount(value: unknown): boolean {
  return Token.isUnresolved(value) || (Number.isInteger(value) && Number(value) >= 1);
}
