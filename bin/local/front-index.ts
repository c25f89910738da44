import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FrontServices } from './front-services';
import { RequestFault, sendJson } from './http-messages';
import { escaped, sendPage } from './identity/page';
import { addressesOf, type RunAddresses } from './run-addresses';

/** Beside the style of all pages: addresses are long, and screens may be narrow. */
const INDEX_STYLE = `
main { max-width: 60rem; margin: 2rem auto; overflow-wrap: anywhere; }
h2 { margin: 1.5rem 0 0.25rem; font-size: 1.125rem; }
ul { margin: 0; padding-left: 1.25rem; }
li { padding: 0.25rem 0; }
code { font-size: 0.9375rem; }
`;

type Index = RunAddresses & { readonly invocations: string; readonly ping: string; readonly metrics: string };

/**
 * The list of all addresses of the run: a page for browsers, JSON for whoever does not ask for HTML.
 *
 * @throws RequestFault for what is no reading
 */
export function serveIndex(services: FrontServices, req: IncomingMessage, res: ServerResponse): void {
  if (req.method !== 'GET') {
    throw new RequestFault(405, 'METHOD_NOT_ALLOWED', `/ takes GET, not ${req.method ?? ''}`, { allow: 'GET' });
  }
  const addresses = addressesOf(services, services.served, services.endpoint);
  const { url } = addresses;
  const paths = { invocations: `${url}/invocations`, ping: `${url}/ping`, metrics: `${url}/metrics` };
  const index = { ...paths, ...addresses };
  res.setHeader('vary', 'accept');
  if (req.headers.accept?.includes('text/html') === true) sendPage(res, 200, 'Local run', content(index), INDEX_STYLE);
  else sendJson(res, 200, index, { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
}

function content({ url, invocations, ping, metrics, runtimes, userPools, gateways, httpApis }: Index): string {
  const dataPlane = runtimes.map(
    ({ name, arn }) => `${code(`${url}/runtimes/${encodeURIComponent(arn)}/invocations`)}, runtime ${escaped(name)}`,
  );
  return [
    section('Agent', [
      `${code(`POST ${invocations}`)}, for curl; WebSockets at ${code('/ws')}`,
      ...dataPlane.map((one) => `${one}, for callers who sign in or sign`),
      `${link(ping)} tells whether it is busy`,
    ]),
    section('Numbers', [`${link(metrics)}, what the agents of this run have measured`]),
    ...userPools.map(({ id, issuer, clients, users }, index) =>
      section(`Sign-in of ${escaped(id)}`, [
        `Users, without a password: ${escaped(users.join(', '))}${index === 0 ? TOKEN_HINT : ''}`,
        `Issuer: ${link(`${issuer}/.well-known/openid-configuration`, issuer)}`,
        ...clients.map((client) => `Client ${escaped(client.name)}: ${code(client.id)}${comesBack(client)}`),
      ]),
    ),
    section(
      'Gateways',
      gateways.map(({ name, url: mcp }) => `${code(mcp)}, the tools of ${escaped(name)} over MCP`),
    ),
    section(
      'APIs',
      httpApis.map(({ name, url: api }) => `${code(api)}, ${escaped(name)}`),
    ),
    '<p>The same as JSON, for whoever does not ask for HTML. <code>up.json</code> in the folder of the run has it too, with credentials for signed calls.</p>',
  ].join('\n');
}

/** Of the first user pool: the command knows no other. */
const TOKEN_HINT = `; ${code('npm run token -s -- alice')} prints a token, with ${code('--state')} where the run has it`;

function comesBack({ callbackUrls }: RunAddresses['userPools'][number]['clients'][number]): string {
  return callbackUrls.length === 0 ? '' : `, comes back to ${escaped(callbackUrls.join(', '))}`;
}

/** A heading and its list; nothing without items. */
function section(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  return `<h2>${title}</h2>\n<ul>\n${items.map((item) => `<li>${item}</li>`).join('\n')}\n</ul>`;
}

function code(text: string): string {
  return `<code>${escaped(text)}</code>`;
}

function link(address: string, text = address): string {
  return `<a href="${escaped(address)}">${escaped(text)}</a>`;
}
