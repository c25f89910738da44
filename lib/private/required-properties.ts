import type { IConstruct } from 'constructs';
import { throwFindings } from './validation';

/** The names of the properties that must be given. */
type RequiredName<Props> = {
  [Name in keyof Props]-?: Partial<Pick<Props, Name>> extends Pick<Props, Name> ? never : Name;
}[keyof Props];

/**
 * Refuses properties that lack a required one. In TypeScript the compiler does that; an app in plain JavaScript would be
 * told of a property of `undefined` somewhere in this library.
 *
 * @param where the construct, or its path where there is none yet
 * @param wanted every required property, with what to give for it
 * @throws Error with everything that is missing
 */
export function requireProperties<Props extends object>(
  where: IConstruct | string,
  props: Props | undefined,
  wanted: Readonly<Record<RequiredName<Props>, string>>,
): void {
  const given = (props ?? {}) as Readonly<Record<string, unknown>>;
  throwFindings(
    where,
    Object.entries<string>(wanted)
      .filter(([name]) => given[name] === undefined || given[name] === null)
      .map(([name, what]) => `${name} is missing, and is required; give ${what}`),
  );
}
