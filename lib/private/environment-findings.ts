import { Token } from 'aws-cdk-lib';

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

/** What speaks against setting `name` to `value` in an environment that already holds `environment`. */
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
          `environment variable "${name}" is set already to another value; a capability or the models need it, so choose another name`,
        ]),
    ...(present === undefined && Object.keys(environment).length >= MAX_VARIABLES
      ? [`environment variable "${name}" is one too many: a runtime has at most ${MAX_VARIABLES}; leave out another`]
      : []),
    ...(!Token.isUnresolved(value) && value.length > MAX_VALUE_CHARACTERS
      ? [
          `environment variable "${name}" has ${value.length} characters; at most ${MAX_VALUE_CHARACTERS} are allowed: keep long values in a file of the image or in Secrets Manager`,
        ]
      : []),
  ];
}

/**
 * What speaks against the size of a whole environment. Values that are only known at deployment are not counted.
 *
 * @param platformVersion `V1` or `V2`; empty where it is not known, and then only what no version allows is reported
 */
export function environmentSizeFindings(
  environment: Readonly<Record<string, string>>,
  platformVersion: string,
): string[] {
  const limit = MAX_TOTAL_BYTES[platformVersion] ?? Math.max(...Object.values(MAX_TOTAL_BYTES));
  const bytes = Object.entries(environment).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + (Token.isUnresolved(value) ? 0 : Buffer.byteLength(value)),
    0,
  );
  return bytes <= limit
    ? []
    : [
        `the environment variables have at least ${bytes} bytes together, names included; platform version ${platformVersion || 'V1'} allows ${limit}: keep long values in a file of the image, in Amazon S3 or in Secrets Manager`,
      ];
}
