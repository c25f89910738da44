import { AgentCoreLinkCompletion } from './adapters/agentcore-link-completion';
import { AwsUserData } from './adapters/aws-user-data';
import { createApi } from './api';
import { readConfiguration } from './configuration';
import type { HttpEvent, HttpReply } from './http-event';

/** The function behind the API, with the services of AWS. */
export function createHandler(
  env: Readonly<Record<string, string | undefined>>,
  log: (line: string) => void,
): (event: HttpEvent) => Promise<HttpReply> {
  const { clientIds, audiences, tokenRules, ...services } = readConfiguration(env);
  return createApi({
    clientIds,
    audiences,
    ...(tokenRules !== undefined && { tokenRules }),
    openUserData: (userKey) => new AwsUserData(services, userKey),
    link: new AgentCoreLinkCompletion(services.region, log),
    log,
  });
}
