import type { AgentConfig } from '../config.ts';
import type { Log } from '../log.ts';
import type { SessionTokens } from '../user-identity/request-tokens.ts';
import { sessionCredentials } from '../user-identity/session-credentials.ts';
import { SessionRows } from './session-rows.ts';

export interface OpenSessionRowsOptions {
  readonly config: Pick<AgentConfig, 'agentName' | 'region' | 'sessionTable'>;
  readonly id: string;
  /** `userKey`; undefined where callers name no user. */
  readonly user: string | undefined;
  readonly tokens: SessionTokens;
  readonly log: Log;
}

/** The row of a session; undefined when the deployment lists no sessions, or the session is nobody's. */
export function openSessionRows({ config, id, user, tokens, log }: OpenSessionRowsOptions): SessionRows | undefined {
  const { sessionTable, region, agentName } = config;
  if (!sessionTable || user === undefined) return undefined;
  const { table, access, retentionDays } = sessionTable;
  return new SessionRows({
    ...{ table, region, agentName, userKey: user, sessionId: id, log },
    ...(retentionDays !== undefined && { retentionDays }),
    credentials: async () => (await sessionCredentials(access, region, tokens))(user),
  });
}
