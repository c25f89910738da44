import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { TargetFault } from './target-fault';

/** What is wrong with an input, as a sentence; undefined when nothing is. */
export type InputCheck = (input: unknown) => string | undefined;

/** Formats that are not known are not checked, and nobody is told. */
const OPTIONS = { allErrors: true, strict: false, logger: false } as const;

/** The dialect of schemas that name none, in MCP and in OpenAPI 3.1. */
const NEWEST = 'https://json-schema.org/draft/2020-12/schema';

const newest = new Ajv2020(OPTIONS);
const older = new Ajv(OPTIONS);

/**
 * A check of inputs against a schema.
 *
 * @throws TargetFault when the schema cannot be used
 */
export function inputCheck(schema: Readonly<Record<string, unknown>>): InputCheck {
  const engine = (schema.$schema ?? NEWEST) === NEWEST ? newest : older;
  // An engine takes no two schemas with one id, and no dialect but its own.
  const own = Object.fromEntries(Object.entries(schema).filter(([name]) => name !== '$id' && name !== '$schema'));
  let validate: ValidateFunction;
  try {
    validate = engine.compile(own);
  } catch (error) {
    throw new TargetFault(error instanceof Error ? error.message : String(error), { cause: error });
  }
  return (input) => (validate(input) ? undefined : mistakes(validate));
}

/**
 * The same for a schema that somebody else wrote: one that cannot be used leaves the check to the target.
 *
 * @param told learns why
 */
export function lenientInputCheck(
  schema: Readonly<Record<string, unknown>>,
  told: (reason: string) => void,
): InputCheck {
  try {
    return inputCheck(schema);
  } catch (error) {
    if (!(error instanceof TargetFault)) throw error;
    told(error.message);
    return () => undefined;
  }
}

function mistakes({ errors }: ValidateFunction): string {
  return (errors ?? [])
    .map(({ instancePath, message = 'is not valid' }) => {
      const where = instancePath === '' ? 'the input' : `"${instancePath.slice(1).replaceAll('/', '.')}"`;
      return `${where} ${message}`;
    })
    .join('; ');
}
