import type { ServerResponse } from 'node:http';
import { escaped, sendPage } from './page';
import type { TestUser } from './test-users';

/** Shows the test users; choosing one sends the request again, with the choice in its body. */
export function sendSignInPage(res: ServerResponse, clientName: string, users: readonly TestUser[]): void {
  const choices = users.map(
    ({ username, groups }) =>
      `<button name="username" value="${escaped(username)}">Sign in as ${escaped(username)}${groups.length === 0 ? '' : ` (${escaped(groups.join(', '))})`}</button>`,
  );
  sendPage(
    res,
    200,
    'Sign in',
    `<p><strong>${escaped(clientName)}</strong> asks who you are. This sign-in belongs to the local run: choose a test user, there is no password.</p>
<form method="post">
${choices.join('\n')}
</form>`,
  );
}

/** Tells why nobody can be signed in, or out, with this address. */
export function sendRefusalPage(res: ServerResponse, reason: string): void {
  sendPage(res, 400, 'This address does not work', `<p>${escaped(reason)}</p>`);
}
