import { z } from 'zod';

/** Longest program or command, in characters. */
export const MAX_CODE_CHARACTERS = 200_000;

/** Longest file that the model writes by itself, in characters. */
const MAX_FILE_CHARACTERS = 1_000_000;

/** Most files of one call. */
export const MAX_FILES = 20;

const MAX_PATH_CHARACTERS = 1_024;

/** A program or command. */
export function codeField(description: string): z.ZodString {
  return z
    .string()
    .min(1, 'it is empty: give what is to be run')
    .max(MAX_CODE_CHARACTERS, `it is longer than ${MAX_CODE_CHARACTERS} characters: write it to a file first`)
    .describe(description);
}

/** A path in the interpreter. */
export function pathField(description: string): z.ZodString {
  return z
    .string()
    .min(1, 'the path is empty')
    .max(MAX_PATH_CHARACTERS, `the path is longer than ${MAX_PATH_CHARACTERS} characters`)
    .refine((path) => !path.includes('\0'), 'the path has a character with the code 0 in it')
    .describe(description);
}

/** A path in the interpreter where something is changed: AgentCore takes no absolute ones. */
export function targetField(description: string): z.ZodString {
  const rule = 'the path must be relative to the working directory of the interpreter, and must not contain ".."';
  // No pattern: it would be a part of what the model is sent, and not every service takes such expressions.
  return pathField(description).refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), rule);
}

export function fileTextField(description: string): z.ZodString {
  const rule = `it is longer than ${MAX_FILE_CHARACTERS} characters: write it in parts, or have a program write it`;
  return z.string().max(MAX_FILE_CHARACTERS, rule).describe(description);
}

/** At least one and at most {@link MAX_FILES} of `item`. */
export function filesField<Item extends z.ZodType>(item: Item, description: string): z.ZodArray<Item> {
  const rule = `give 1 to ${MAX_FILES} of them in one call`;
  return z.array(item).min(1, rule).max(MAX_FILES, rule).describe(description);
}

export function taskField(): z.ZodString {
  return z
    .string()
    .min(1, 'it is empty: give the task_id that start_command returned')
    .max(256, 'it is longer than 256 characters: give the task_id that start_command returned')
    .describe('What start_command returned');
}
