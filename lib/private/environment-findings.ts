import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { renderedText } from './rendered-text';

/** Limits of EnvironmentVariables in the type AWS::BedrockAgentCore::Runtime. */
const MAX_VARIABLES = 50;
const MAX_VALUE_CHARACTERS = 2048;

/**
 * Bytes that names and values of all variables may have together, for runtimes that run a container.
 *
 * Source: "Optimize your agent for Runtime V2" in the AgentCore developer guide, as of September 2026.
 */
const MAX_TOTAL_BYTES: Readonly<Record<string, number>> = { V1: 4096, V2: 2560 };

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,99}$/;

/** The shortest that pseudo parameters become; any other reference counts as nothing. */
const SHORTEST_CHARACTERS: Readonly<Record<string, number>> = {
  'AWS::AccountId': '111122223333'.length,
  'AWS::Partition': 'aws'.length,
  'AWS::Region': 'us-east-1'.length,
  'AWS::URLSuffix': 'amazonaws.com'.length,
};

/**
 * What speaks against setting `name` to `value` in an environment that already holds `environment`. The length of a value that has
 * parts that are only known at deployment is looked at by renderedEnvironmentFindings.
 */
export function environmentFindings(
  environment: Readonly<Record<string, string>>,
  name: string,
  value: string,
): string[] {
  const present = Object.hasOwn(environment, name) ? environment[name] : undefined;
  return [
    ...(NAME.test(name)
      ? []
      : [
          `environment variable "${name}" has no legal name: 1 to 100 letters, digits and underscores, not starting with a digit`,
        ]),
    ...(present === undefined || present === value
      ? []
      : [
          // Values can be secrets, so neither is shown.
          `environment variable "${name}" is set already to another value; a capability or the models need it: choose another name, or keep one capability of a kind`,
        ]),
    ...(present === undefined && Object.keys(environment).length >= MAX_VARIABLES
      ? [`environment variable "${name}" is one too many: a runtime has at most ${MAX_VARIABLES}; leave out another`]
      : []),
    ...(Token.isUnresolved(value) ? [] : lengthFindings(name, value, '')),
  ];
}

/**
 * What speaks against the size of a whole environment.
 *
 * @param environment the values as far as they are known
 * @param platformVersion `V1` or `V2`; empty where it is not known, and then only what no version allows is reported
 */
export function environmentSizeFindings(
  environment: Readonly<Record<string, string>>,
  platformVersion: string,
): string[] {
  const limit = MAX_TOTAL_BYTES[platformVersion] ?? Math.max(...Object.values(MAX_TOTAL_BYTES));
  const bytes = Object.entries(environment).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  return bytes <= limit
    ? []
    : [
        `the environment variables have at least ${bytes} bytes together, names included; platform version ${platformVersion || 'V1'} allows ${limit}: keep long values in a file of the image, in Amazon S3 or in Secrets Manager`,
      ];
}

/**
 * What speaks against an environment as `scope` renders it: of values with parts that are only known at deployment, the
 * rest counts, and each value is looked at on its own as well as all together.
 */
export function renderedEnvironmentFindings(
  scope: IConstruct,
  environment: Readonly<Record<string, string>>,
  platformVersion: string,
): string[] {
  const rendered = Object.entries(environment).filter(([, value]) => Token.isUnresolved(value));
  const shortest = Object.fromEntries(rendered.map(([name, value]) => [name, shortestText(scope, value)]));
  return [
    ...Object.entries(shortest).flatMap(([name, text]) => lengthFindings(name, text, 'at least ')),
    ...environmentSizeFindings({ ...environment, ...shortest }, platformVersion),
  ];
}

/** A text no longer than what `value` becomes. */
function shortestText(scope: IConstruct, value: string): string {
  return renderedText(scope, value).replace(/<([A-Za-z0-9:.]+)>/g, (_, reference: string) =>
    'x'.repeat(SHORTEST_CHARACTERS[reference] ?? 0),
  );
}

function lengthFindings(name: string, { length }: string, bound: '' | 'at least '): string[] {
  return length <= MAX_VALUE_CHARACTERS
    ? []
    : [
        `environment variable "${name}" has ${bound}${length} characters; at most ${MAX_VALUE_CHARACTERS} are allowed: keep long values in a file of the image or in Secrets Manager`,
      ];
}
