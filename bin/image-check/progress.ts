/** Says what is done, before it is done, and how long it took. */
export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begin = process.hrtime.bigint();
  console.log(`${what} …`);
  const result = await work();
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  console.log(`  done in ${seconds.toFixed(1)} s`);
  return result;
}

/** A fact that a step found out. */
export function note(fact: string): void {
  console.log(`  ${fact}`);
}
