import { Token } from 'aws-cdk-lib';

/** Limits of EnvironmentVariables in the type AWS::BedrockAgentCore::Runtime. */
const MAX_VARIABLES = 50;
const MAX_VALUE_CHARACTERS = 2048;
const NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,99}$/;

/** What speaks against setting `name` to `value` in an environment that already holds `environment`. */
export function environmentFindings(
  environment: Readonly<Record<string, string>>,
  name: string,
  value: string,
): string[] {
  const present = environment[name];
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
