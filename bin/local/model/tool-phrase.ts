import type { ScriptedToolUse } from './model-script';

/** How a person has the scripted model use a tool. */
export const PHRASE_FORM = 'use <tool> <input as JSON>';

/** What a line of a prompt asks for: a tool and its input, or what is wrong with the input. */
export type ToolPhrase = ScriptedToolUse | { readonly name: string; readonly mistake: string };

/** `use <tool> {…}`; without the brace it is a sentence. */
const PHRASE = /^\s*use (\S+)\s+(\{.*)$/;

/**
 * Reads the tools that a prompt asks for, one a line, in their order: `use Write {"file_path":"a.md","content":"tea"}`.
 * Other lines are left alone.
 */
export function readToolPhrases(prompt: string): ToolPhrase[] {
  return prompt.split('\n').flatMap((line) => {
    const [, name, input] = PHRASE.exec(line) ?? [];
    return name === undefined || input === undefined ? [] : [readPhrase(name, input)];
  });
}

function readPhrase(name: string, text: string): ToolPhrase {
  try {
    return { name, input: JSON.parse(text) as unknown };
  } catch (error) {
    return { name, mistake: error instanceof Error ? error.message : String(error) };
  }
}
