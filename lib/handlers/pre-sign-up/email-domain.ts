/**
 * One "@", and nothing that quotes, comments or lists addresses: a mail server might read such a text in another way. The
 * domain is of ASCII alone, because other letters can become ASCII where case is folded.
 */
const ADDRESS = /^[^\s\p{C}@"(),:;<>[\]\\]{1,64}@([A-Za-z0-9.-]{1,253})$/u;

/**
 * Whether an e-mail address is of one of the domains: exactly, upper and lower case apart; subdomains are other domains.
 *
 * @param domains in lower case; those with letters beyond ASCII in their form for DNS (`xn--…`)
 */
export function isOfDomain(email: string, domains: readonly string[]): boolean {
  const domain = ADDRESS.exec(email)?.[1];
  return domain !== undefined && domains.includes(domain.toLowerCase());
}
