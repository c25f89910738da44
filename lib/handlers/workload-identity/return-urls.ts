/**
 * The addresses that an identity allows after a change of ours: those that are there, without those that we no longer want
 * and with those that we want. What others added stays, in its place.
 *
 * @param present what the identity allows now
 * @param before what we wanted before this change
 * @param wanted what we want now
 */
export function mergedReturnUrls(
  present: readonly string[],
  before: readonly string[],
  wanted: readonly string[],
): readonly string[] {
  const kept = present.filter((url) => wanted.includes(url) || !before.includes(url));
  return [...new Set([...kept, ...wanted])];
}

/** Whether both allow the same; the order says nothing. */
export function areSameUrls(one: readonly string[], other: readonly string[]): boolean {
  return new Set(one).size === new Set(other).size && one.every((url) => other.includes(url));
}
