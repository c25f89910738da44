/**
 * Objects that each have all others as fields: there are more ways through them than the factorial of their number.
 *
 * @param prefix of the references to them
 */
export function schemasOfEachOther(count: number, prefix: string): Record<string, object> {
  const names = Array.from({ length: count }, (_, index) => `S${String(index)}`);
  const fieldsOf = (own: string): object =>
    Object.fromEntries(names.filter((name) => name !== own).map((name) => [name, { $ref: `${prefix}${name}` }]));
  return Object.fromEntries(
    names.map((name) => [name, { type: 'object', properties: { id: { type: 'string' }, ...fieldsOf(name) } }]),
  );
}
