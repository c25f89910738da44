import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AgentIdentity } from '../agent-identity/agent-identity';
import { ACCOUNTS } from '../agent-identity/oauth-stand-in';
import type { LinkFlow } from '../agent-identity/token-vault';
import { RequestFault } from '../http-messages';
import { escaped, sendPage } from '../identity/page';
import { sendRefusalPage } from '../identity/sign-in-page';

const START = '/identities/oauth2/authorize';
const CALLBACK = /^\/identities\/oauth2\/callback\/[^/]+$/;
const PROVIDER = '/identities/oauth2/stand-in';

/** Where a user begins a flow. */
export function linkUrl(endpoint: string, { sessionUri }: LinkFlow): string {
  return `${endpoint}${START}?request_uri=${encodeURIComponent(sessionUri)}`;
}

/**
 * What a user's browser sees on the way to link an account: AgentCore's addresses before and after, and between them the page
 * of the provider, which here is one for all vendors.
 *
 * @throws RequestFault for an address that there is not
 */
export function serveLinkPages(
  { vault, standIn }: AgentIdentity,
  endpoint: string,
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
): void {
  const url = new URL(req.url ?? '/', endpoint);
  const { pathname: path, searchParams: query } = url;
  if (path === START && req.method === 'GET') {
    const flow = vault.flow(query.get('request_uri'));
    if (flow === undefined)
      sendRefusalPage(res, 'This link is unknown, was used before or has expired. Ask the agent for a new one.');
    else redirect(res, `${endpoint}${PROVIDER}`, { state: flow.state });
  } else if (path === PROVIDER && (req.method === 'GET' || req.method === 'POST')) {
    const flow = vault.flowByState(query.get('state'));
    if (flow === undefined) {
      sendRefusalPage(res, 'Nobody has asked for this, or it has expired.');
      return;
    }
    const choice = req.method === 'POST' ? new URLSearchParams(body.toString()).get('choice') : null;
    const { provider, scopes, state } = flow;
    const { clientId, callbackUrl: redirectUri } = provider;
    const account = ACCOUNTS.find((one) => one === choice);
    if (account !== undefined) {
      const code = standIn.allow({ account, provider: provider.name, scopes, clientId, redirectUri });
      redirect(res, redirectUri, { code, state });
    } else if (choice === 'deny') {
      redirect(res, redirectUri, { error: 'access_denied', state });
    } else {
      sendConsentPage(res, flow);
    }
  } else if (CALLBACK.test(path) && req.method === 'GET') {
    finish(vault, `${endpoint}${path}`, query, res);
  } else {
    throw new RequestFault(404, 'NOT_FOUND', `there is no ${req.method ?? ''} ${path} in AgentCore Identity`);
  }
}

/** Takes what the provider says, and sends the browser back to the app. */
function finish(vault: AgentIdentity['vault'], address: string, query: URLSearchParams, res: ServerResponse): void {
  const flow = vault.flowByState(query.get('state'));
  if (flow === undefined || flow.provider.callbackUrl !== address) {
    sendRefusalPage(res, 'This answer of the provider belongs to nothing that was asked, or it comes too late.');
    return;
  }
  const code = query.get('code');
  // The first answer counts.
  if (code === null) flow.hasFailed = flow.code === undefined;
  else if (!flow.hasFailed) flow.code ??= code;
  redirect(res, flow.returnUrl, {
    session_id: flow.sessionUri,
    ...(flow.customState === undefined ? {} : { state: flow.customState }),
    ...(flow.hasFailed ? { error: query.get('error') ?? 'access_denied' } : {}),
  });
}

function sendConsentPage(res: ServerResponse, { provider: { name, vendor }, scopes }: LinkFlow): void {
  const choices = ACCOUNTS.map(
    (account) => `<button name="choice" value="${account}">Allow as ${escaped(account)}</button>`,
  );
  sendPage(
    res,
    200,
    'Allow access',
    `<p>The agent asks for access to an account: <strong>${escaped(scopes.join(', ') || 'no scope')}</strong>, through the provider ${escaped(name)}. This page belongs to the local run and stands for ${escaped(vendor)}: choose a test account, there is no password.</p>
<form method="post">
${choices.join('\n')}
<button name="choice" value="deny">Deny</button>
</form>`,
  );
}

function redirect(res: ServerResponse, address: string, parameters: Readonly<Record<string, string>>): void {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  res.writeHead(302, { location: url.href, 'cache-control': 'no-store', 'content-length': 0 });
  res.end();
}
