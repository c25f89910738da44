/** Increase of `values` from one to the next, by least squares; 0 for fewer than two. */
export function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let products = 0;
  let squares = 0;
  for (const [index, value] of values.entries()) {
    products += (index - middle) * (value - mean);
    squares += (index - middle) ** 2;
  }
  return squares === 0 ? 0 : products / squares;
}

/** The later two thirds: what a process takes while it warms up is no trend. */
export function laterPart<T>(values: readonly T[]): T[] {
  return values.slice(Math.ceil(values.length / 3));
}
