import { createHash, randomBytes } from 'node:crypto';
import type { RunAddresses } from './run-addresses';

/**
 * Signs a test user in to the first user pool of a run as a command line does, by the code flow with PKCE.
 *
 * @returns the access token
 * @throws Error with a sentence for the person who asked
 */
export async function userToken({ userPools }: RunAddresses, username: string): Promise<string> {
  const [pool] = userPools;
  if (pool === undefined) throw new Error('the app of this run has no user pool: its callers sign, or need nothing');
  if (!pool.users.includes(username)) {
    throw new Error(`there is no user "${username}"; there is ${pool.users.join(' and ')}`);
  }
  const client = pool.clients.find(({ callbackUrls }) => callbackUrls.length > 0);
  const [redirectUri] = client?.callbackUrls ?? [];
  if (client === undefined || redirectUri === undefined) {
    throw new Error(`no client of the user pool ${pool.id} has a callback URL, so nobody can sign in with one`);
  }

  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    client_id: client.id,
    response_type: 'code',
    redirect_uri: redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const chosen = await fetch(`${pool.issuer}/oauth2/authorize?${query.toString()}`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ username }),
  });
  const location = chosen.headers.get('location');
  const back = location === null ? undefined : new URL(location).searchParams;
  const code = back?.get('code') ?? undefined;
  if (code === undefined) {
    throw new Error(`the sign-in of ${username} was refused: ${back?.get('error_description') ?? chosen.statusText}`);
  }
  const answer = await fetch(`${pool.issuer}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: client.id,
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    }),
  });
  const tokens = (await answer.json()) as { readonly access_token?: string; readonly error_description?: string };
  if (tokens.access_token === undefined) {
    throw new Error(`the client ${client.name} got no token: ${tokens.error_description ?? answer.statusText}`);
  }
  return tokens.access_token;
}
