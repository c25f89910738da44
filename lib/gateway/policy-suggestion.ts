/** `; did you mean "…"?` with the candidate that is spelled most like `name`, or nothing when none is near. */
export function suggestion(name: string, candidates: readonly string[]): string {
  const [nearest] = candidates
    .map((candidate) => ({ candidate, edits: edits(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits: count }) => count <= Math.max(name.length, candidate.length) / 3)
    .sort((a, b) => a.edits - b.edits);
  return nearest === undefined ? '' : `; did you mean "${nearest.candidate}"?`;
}

/** How many letters must be put in, taken out or changed to make `b` of `a` (the Levenshtein distance). */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const changed = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
