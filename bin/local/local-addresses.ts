/** Something that has one address here and others on AWS, which a template may spell out. */
export interface Relocated {
  readonly cloudAddresses: readonly string[];
  readonly localAddress: string;
}

/** `text` with addresses of AWS replaced by those on this machine. */
export function withLocalAddresses(text: string, relocated: readonly Relocated[]): string {
  return relocated.reduce(
    (result, { localAddress, cloudAddresses }) =>
      cloudAddresses.reduce((changed, cloud) => changed.replaceAll(cloud, localAddress), result),
    text,
  );
}

/** The same for every text in a value that is made of objects and lists. */
export function localized<T>(value: T, relocated: readonly Relocated[]): T {
  if (typeof value === 'string') return withLocalAddresses(value, relocated) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => localized(item, relocated)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, localized(item as unknown, relocated)]),
  ) as T;
}
