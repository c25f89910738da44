import { WorkspaceDamaged } from '../../../agent-image/src/workspace/format/entries.ts';
import { type AcceptedTokens, readCaller } from './caller';
import { ApiRoute } from './environment';
import { ApiFailure, FAILURES } from './failure';
import { fileContent, listFiles } from './files';
import { type HttpEvent, type HttpReply, reply } from './http-event';
import { completeLink } from './link';
import { listMessages } from './messages';
import type { LinkCompletion, OpenUserData, UserData } from './ports';
import { deleteSession, listSessions, renameSession } from './sessions';
import { getSettings, putSettings } from './settings';
import type { TokenRules } from './token-rules';

export interface ApiOptions extends AcceptedTokens {
  /** What the agent demands of tokens besides; nothing when left out. */
  readonly tokenRules?: TokenRules;
  readonly openUserData: OpenUserData;
  readonly link: LinkCompletion;
  /** Takes one line of JSON for each request that failed though nothing was wrong with it. */
  readonly log: (line: string) => void;
}

/** What a route does for a user; a route that returns nothing answers 204. */
type Operation = (event: HttpEvent, data: UserData) => Promise<unknown>;

const OPERATIONS: Readonly<Record<Exclude<ApiRoute, typeof ApiRoute.COMPLETE_LINK>, Operation>> = {
  [ApiRoute.LIST_SESSIONS]: listSessions,
  [ApiRoute.RENAME_SESSION]: renameSession,
  [ApiRoute.DELETE_SESSION]: deleteSession,
  [ApiRoute.MESSAGES]: listMessages,
  [ApiRoute.LIST_FILES]: listFiles,
  [ApiRoute.FILE_CONTENT]: fileContent,
  [ApiRoute.GET_SETTINGS]: getSettings,
  [ApiRoute.PUT_SETTINGS]: putSettings,
};

/** The API as a function of requests; it never throws. */
export function createApi(options: ApiOptions): (event: HttpEvent) => Promise<HttpReply> {
  return async (event) => {
    try {
      const body = await answer(event, options);
      return reply(body === undefined ? 204 : 200, body);
    } catch (error) {
      const { code, message } = failureOf(error);
      const { status } = FAILURES[code];
      if (status >= 500) options.log(JSON.stringify(logLine(event, code, error)));
      return reply(status, { error: { code, message } });
    }
  };
}

async function answer(event: HttpEvent, options: ApiOptions): Promise<unknown> {
  const { openUserData, link } = options;
  const caller = readCaller(event, options, options.tokenRules);
  if (event.routeKey === ApiRoute.COMPLETE_LINK) return completeLink(event, caller, link);
  const operation = Object.hasOwn(OPERATIONS, event.routeKey)
    ? OPERATIONS[event.routeKey as keyof typeof OPERATIONS]
    : undefined;
  if (operation === undefined) throw new ApiFailure('NOT_FOUND', 'The API has no such route.');
  const data = openUserData(caller.userKey);
  try {
    return await operation(event, data);
  } finally {
    data.close();
  }
}

/** What the person is told: the words of services are for the log. */
function failureOf(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  if (error instanceof WorkspaceDamaged) return new ApiFailure('WORKSPACE_DAMAGED', error.message);
  return isOfService(error)
    ? new ApiFailure('UNAVAILABLE', 'Your data cannot be reached now: try again in a moment.')
    : new ApiFailure('INTERNAL', 'Something is wrong in the API; its log says more under the id of this request.');
}

/** The clients of AWS say what came back, or that nothing did; what this shares with the agent has a name of its own. */
function isOfService(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return '$metadata' in error || error.name === 'WorkspaceUnavailable' || /^E[A-Z]+$/.test(code ?? '');
}

function logLine({ routeKey, requestContext }: HttpEvent, code: string, error: unknown): Record<string, unknown> {
  const { requestId: request } = requestContext;
  return { level: 'error', request, route: routeKey, code, ...described(error) };
}

/** What a service says may repeat what was sent to it, so its words are left out; its own log has them under its id. */
function described(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: 'unknown' };
  const { name, message } = error;
  if (!('$metadata' in error)) return { error: name, message };
  const { requestId, httpStatusCode } = error.$metadata as {
    readonly requestId?: string;
    readonly httpStatusCode?: number;
  };
  return { error: name, status: httpStatusCode, serviceRequest: requestId };
}
