import type { ApiCaller } from './caller';
import type { HttpEvent } from './http-event';
import { bodyOf, invalid } from './parameters';
import type { LinkCompletion } from './ports';

/** Source: pattern and length of SessionUri in the API reference of AgentCore. */
const SESSION_URI = /^urn:ietf:params:oauth:request_uri:[A-Za-z0-9._~-]+$/;
const MAX_SESSION_URI_CHARACTERS = 1024;

/** Ends the linking of an account; it fails unless the caller is the user who began it. */
export async function completeLink(event: HttpEvent, { token }: ApiCaller, link: LinkCompletion): Promise<void> {
  const { sessionUri } = bodyOf(event);
  if (
    typeof sessionUri !== 'string' ||
    sessionUri.length > MAX_SESSION_URI_CHARACTERS ||
    !SESSION_URI.test(sessionUri)
  ) {
    throw invalid('"sessionUri" is none of AgentCore; send what the return address was called with as "session_id"');
  }
  await link.complete(sessionUri, token);
}
