import { InMemoryWebStorage, OidcClient, WebStorageStateStore, type SigninResponse } from 'oidc-client-ts';
import type { RunState } from '../../../../bin/local/run-state';

export const LOCAL_CALLBACK = 'http://localhost:5173/callback';

type Pool = RunState['userPools'][number];

export function poolOf({ userPools }: RunState): Pool {
  const [pool] = userPools;
  if (pool === undefined) throw new Error('the run has no user pool');
  return pool;
}

export function clientOf(up: RunState, name: string): string {
  const client = poolOf(up).clients.find((one) => one.name === name);
  if (client === undefined) throw new Error(`the user pool has no client ${name}`);
  return client.id;
}

/** The client of a page, by the library that pages use. */
export function pageClient(
  up: RunState,
  scope = 'openid email',
  callback = LOCAL_CALLBACK,
  clientId = clientOf(up, 'web page'),
): OidcClient {
  return new OidcClient({
    authority: poolOf(up).issuer,
    client_id: clientId,
    redirect_uri: callback,
    scope,
    stateStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
    disablePKCE: false,
  });
}

/** Signs a user in as a browser does: opens the page, chooses the user, and gives the code back to the client. */
export async function signIn(client: OidcClient, username: string): Promise<SigninResponse> {
  const { url } = await client.createSigninRequest({ nonce: 'nonce-of-the-test' });
  const chosen = await choose(url, username);
  return client.processSigninResponse(chosen.headers.get('location') ?? '');
}

/** Sends the form of the sign-in page. */
export async function choose(url: string, username: string): Promise<Response> {
  return fetch(url, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ username }) });
}
