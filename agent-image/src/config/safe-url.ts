/**
 * Whether credentials may be sent to `value`: an address with https, or on this machine, which holds no credentials
 * itself and has no query and fragment.
 */
export function isSafeUrl(value: unknown): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname, username, password, href } = new URL(value);
  const local = protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
  return (protocol === 'https:' || local) && username === '' && password === '' && !/[?#]/.test(href);
}
