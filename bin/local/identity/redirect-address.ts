const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])$/;

/**
 * Whether a client may be sent to `address`: one of the `registered` ones, character by character, or the path of one of
 * them on this machine, because an app that is deployed to an address of its own runs here too.
 */
export function isRegisteredAddress(address: string, registered: readonly string[]): boolean {
  if (registered.includes(address)) return true;
  const url = parse(address);
  if (url?.protocol !== 'http:' || !LOOPBACK.test(url.hostname)) return false;
  if (url.username !== '' || url.password !== '' || address.includes('#')) return false;
  return registered.some((one) => {
    const other = parse(one);
    return other !== undefined && other.pathname === url.pathname && other.search === url.search;
  });
}

function parse(address: string): URL | undefined {
  return URL.canParse(address) ? new URL(address) : undefined;
}
