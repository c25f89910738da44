/** `text` without a token in any of the forms in which it was sent: others may repeat what they received. */
export function withoutToken(text: string, token: string): string {
  const basic = Buffer.from(`${GIT_USER}:${token}`).toString('base64');
  return [token, encodeURIComponent(token), basic].reduce((left, form) => left.replaceAll(form, '***'), text);
}

/** Name with which GitHub takes a token in place of a password. */
export const GIT_USER = 'x-access-token';
