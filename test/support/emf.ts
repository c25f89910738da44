import Ajv from 'ajv';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The rules of the embedded metric format that its schema leaves to prose. Source: the specification beside the schema. */
const MAX_LINE_BYTES = 1024 * 1024;
const MAX_METRICS = 100;

interface EmfLine {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [field: string]: unknown;
}

const schema: unknown = JSON.parse(readFileSync(join(__dirname, 'emf-schema.json'), 'utf8'));
const isValid = new Ajv({ allErrors: true, strict: false }).compile(schema as object);

/** What keeps CloudWatch from making metrics of a line; empty when nothing does. */
export function emfFaults(text: string): string[] {
  const line = JSON.parse(text) as EmfLine;
  if (!isValid(line))
    return (isValid.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
  return [
    ...(Buffer.byteLength(text) > MAX_LINE_BYTES ? ['the line is too long'] : []),
    ...line._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) => [
      ...(Metrics.length > MAX_METRICS ? ['a directive has too many metrics'] : []),
      ...Metrics.filter(({ Name }) => typeof line[Name] !== 'number').map(({ Name }) => `${Name} has no number`),
      ...Dimensions.flat()
        .filter((name) => typeof line[name] !== 'string' || line[name] === '')
        .map((name) => `${name} has no text`),
    ]),
  ];
}

/** Every namespace and set of dimensions, with their values, under which a line keeps something. */
export function dimensionSetsOf(text: string): string[] {
  const line = JSON.parse(text) as EmfLine;
  return line._aws.CloudWatchMetrics.flatMap(({ Dimensions }) =>
    Dimensions.map((names) => names.map((name) => `${name}=${String(line[name])}`).join()),
  );
}
