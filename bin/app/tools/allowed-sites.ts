import { ToolError } from '../../../lib/gateway/tool-handler';

/**
 * The address of a page, when it may be read: HTTPS, on a site of the list or below it, without credentials and on the
 * usual port.
 *
 * @param allowed host names in lower case
 * @throws ToolError
 */
export function allowedAddress(address: string, allowed: readonly string[]): URL {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new ToolError(`"${address}" is no address; give one that begins with https://`);
  }
  if (url.protocol !== 'https:' || url.port !== '' || url.username !== '' || url.password !== '') {
    throw new ToolError(`${url.origin} cannot be read: give an address with https, without a port and without a user`);
  }
  if (!allowed.some((site) => url.hostname === site || url.hostname.endsWith(`.${site}`))) {
    throw new ToolError(`${url.hostname} is not open to this tool; it reads pages of ${allowed.join(', ')}`);
  }
  return url;
}
