import { LoopbackServer } from './loopback-server';

export const CLIENT_SECRET = 'secret/of:the client';
export const TOKEN = 'token-of-the-provider';

/** An OAuth provider that gives a token to one client, by its discovery document. */
export function tokenProvider(lifetimeSeconds = 3600): LoopbackServer {
  const provider: LoopbackServer = new LoopbackServer(({ method, url, headers }, _, res) => {
    const send = (status: number, content: object): void => {
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
    };
    const expected = `Basic ${Buffer.from('the-client:secret%2Fof%3Athe+client').toString('base64')}`;
    if (url === '/.well-known/openid-configuration') send(200, { token_endpoint: `${provider.url}/token` });
    else if (method === 'POST' && headers.authorization === expected) {
      send(200, { access_token: TOKEN, token_type: 'Bearer', expires_in: lifetimeSeconds });
    } else send(401, { error: 'invalid_client', error_description: `not ${headers.authorization ?? ''}` });
  });
  return provider;
}
