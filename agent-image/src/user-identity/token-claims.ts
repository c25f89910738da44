/** Claims that tell whose token it is, and how long it is one; `exp` in seconds since 1970. */
export interface Claims {
  readonly iss?: unknown;
  readonly sub?: unknown;
  readonly exp?: unknown;
  readonly token_use?: unknown;
}

/** The payload of a JWT; nothing when it has none. */
export function claimsOf(token: string): Claims {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return {};
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? claims : {};
  } catch {
    return {};
  }
}
