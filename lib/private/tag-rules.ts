import { Token } from 'aws-cdk-lib';

/** Limits that all services share ("Tag naming limits and requirements" in the Tagging AWS Resources guide). */
const MAX_TAGS = 50;
const MAX_KEY_CHARACTERS = 128;
const MAX_VALUE_CHARACTERS = 256;

/** Characters that all services allow. */
const TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** What speaks against these tags; parts that are only known at deployment are not looked at. */
export function tagFindings(tags: Readonly<Record<string, string>>): string[] {
  const keys = Object.keys(tags);
  const lowerCase = keys.map((key) => key.toLowerCase());
  return [
    ...(keys.length > MAX_TAGS
      ? [`${keys.length} tags are given; a resource has at most ${MAX_TAGS}: leave some out`]
      : []),
    ...Object.entries(tags).flatMap(([key, value]) => [...keyFindings(key), ...valueFindings(key, value)]),
    ...keys
      .filter((key, index) => lowerCase.indexOf(key.toLowerCase()) < index)
      .map((key) => `tag "${key}" is given twice (a role does not tell case apart); give it once`),
  ];
}

function keyFindings(key: string): string[] {
  if (Token.isUnresolved(key)) return [];
  if (key.toLowerCase().startsWith('aws:')) {
    return [`tag "${key}" begins with "aws:", which AWS keeps for itself; choose another key`];
  }
  return key !== '' && key.length <= MAX_KEY_CHARACTERS && TEXT.test(key)
    ? []
    : [
        `tag "${key}" has no legal key: 1 to ${MAX_KEY_CHARACTERS} letters, digits, spaces and ". : / = + - @ _"; choose another`,
      ];
}

function valueFindings(key: string, value: string): string[] {
  return Token.isUnresolved(value) || (value.length <= MAX_VALUE_CHARACTERS && TEXT.test(value))
    ? []
    : [
        `tag "${key}" has no legal value: up to ${MAX_VALUE_CHARACTERS} letters, digits, spaces and ". : / = + - @ _"; choose another`,
      ];
}
