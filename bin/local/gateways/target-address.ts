import { isLoopbackOrigin } from '../loopback-origin';
import { TargetFault } from './target-fault';

/**
 * Reads an address that a gateway calls: https, as AgentCore demands; http on this machine, where other parts of a run are.
 *
 * @throws TargetFault with a clause that says what is wrong with it
 */
export function targetAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '') {
    throw new TargetFault('its address is not a URL without user and password; give https://<host>/<path>');
  }
  if (url.protocol === 'https:' || isLoopback(url)) return url;
  throw new TargetFault(
    `its address begins with ${url.protocol}//${url.host}; a gateway calls https, and http on this machine only`,
  );
}

/** Whether an address is one of this machine. */
export function isLoopback({ protocol, origin }: URL): boolean {
  return /^https?:$/.test(protocol) && isLoopbackOrigin(origin);
}
