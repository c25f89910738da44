import { RequestFault } from '../http-messages';

export const TOOLS = [
  'executeCode',
  'executeCommand',
  'readFiles',
  'listFiles',
  'removeFiles',
  'writeFiles',
  'startCommandExecution',
  'getTask',
  'stopTask',
] as const;

/** A tool with what it needs of the arguments, which are one flat type on the wire. */
export type ToolInput =
  | {
      readonly tool: 'executeCode';
      readonly language: 'python' | 'javascript' | 'typescript';
      readonly code: string;
      readonly clear: boolean;
    }
  | { readonly tool: 'executeCommand' | 'startCommandExecution'; readonly command: string }
  | { readonly tool: 'readFiles' | 'removeFiles'; readonly paths: readonly string[] }
  | { readonly tool: 'writeFiles'; readonly content: readonly FileContent[] }
  | { readonly tool: 'listFiles'; readonly path: string }
  | { readonly tool: 'getTask' | 'stopTask'; readonly taskId: string };

export interface FileContent {
  readonly path: string;
  readonly text?: string;
  /** Base64, as on the wire. */
  readonly blob?: string;
}

const LANGUAGES = ['python', 'javascript', 'typescript'] as const;

/**
 * Reads the body of InvokeCodeInterpreter.
 *
 * @throws RequestFault 400 naming the argument, its value and what is allowed
 */
export function readToolInput(body: Buffer): ToolInput {
  const { name, arguments: given } = record(parse(body));
  const tool = TOOLS.find((one) => one === name);
  if (tool === undefined) throw invalid(`name is ${shown(name)}; expected one of ${TOOLS.join(', ')}`);
  const args = given === undefined || given === null ? {} : record(given);
  const text = (argument: string): string => {
    const value = args[argument];
    if (typeof value !== 'string' || value === '') {
      throw invalid(`${tool} needs the argument ${argument}, a text that is not empty; it is ${shown(value)}`);
    }
    return value;
  };
  switch (tool) {
    case 'executeCode':
      return { tool, code: text('code'), language: language(args), clear: args.clearContext === true };
    case 'executeCommand':
    case 'startCommandExecution':
      return { tool, command: text('command') };
    case 'readFiles':
    case 'removeFiles':
      return { tool, paths: args.paths === undefined ? [text('path')] : list(tool, 'paths', args.paths).map(path) };
    case 'writeFiles':
      return { tool, content: list(tool, 'content', args.content).map(fileContent) };
    case 'listFiles':
      return { tool, path: args.directoryPath === undefined ? '.' : text('directoryPath') };
    case 'getTask':
    case 'stopTask':
      return { tool, taskId: text('taskId') };
  }
}

function language({
  language: value = 'python',
  runtime,
}: Readonly<Record<string, unknown>>): (typeof LANGUAGES)[number] {
  const known = LANGUAGES.find((one) => one === value);
  if (known === undefined) throw invalid(`language is ${shown(value)}; expected ${LANGUAGES.join(', ')}`);
  const fitting = known === 'python' ? 'python' : 'nodejs';
  if (runtime !== undefined && runtime !== fitting) {
    throw invalid(`runtime is ${shown(runtime)}; ${known} code is run locally by ${fitting} only`);
  }
  return known;
}

function fileContent(entry: unknown): FileContent {
  const { path: name, text, blob } = record(entry);
  const isText = typeof text === 'string';
  if (isText === (typeof blob === 'string')) throw invalid('each content needs a text or a blob, and not both');
  return { path: path(name), ...(isText ? { text } : { blob: String(blob) }) };
}

function path(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw invalid(`a path is ${shown(value)}; expected a text`);
  return value;
}

function list(tool: string, argument: string, value: unknown): unknown[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw invalid(`${tool} needs the argument ${argument}, a list that is not empty; it is ${shown(value)}`);
  }
  return value;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw invalid('the body is not JSON');
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${shown(value)} is not a JSON object`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 100);
}

function invalid(message: string): RequestFault {
  return new RequestFault(400, 'ValidationException', message);
}
