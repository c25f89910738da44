/** What a container made from a Dockerfile runs. */
export interface ImageCommand {
  /** ENTRYPOINT followed by CMD; at least the program. */
  readonly argv: readonly [string, ...string[]];
  /** Absolute path inside the image. */
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface DockerfileOptions {
  /** @default - the last stage */
  readonly target?: string;
  /** @default - the defaults in the Dockerfile */
  readonly buildArgs?: Readonly<Record<string, string>>;
}

interface Instruction {
  readonly line: number;
  readonly name: string;
  readonly rest: string;
}

interface Stage {
  readonly name: string | undefined;
  entrypoint: readonly string[];
  cmd: readonly string[];
  cmdIsOwn: boolean;
  workdir: string;
  env: Record<string, string>;
  args: Record<string, string>;
}

/**
 * Reads the command, working directory and environment of the image that `text` describes.
 *
 * Only the exec form (a JSON list) of CMD and ENTRYPOINT is read: the shell form would need the image's own shell.
 *
 * @throws Error naming the line and what to write instead
 */
export function parseDockerfile(text: string, options: DockerfileOptions = {}): ImageCommand {
  const stage = finalStage(instructions(text), options);
  const [program, ...args] = [...stage.entrypoint, ...stage.cmd];
  if (program === undefined) {
    throw new Error(
      'the Dockerfile names no command for its final stage; add one in exec form, such as CMD ["node", "dist/main.js"]',
    );
  }
  return { argv: [program, ...args], workdir: stage.workdir, env: stage.env };
}

function finalStage(all: readonly Instruction[], { target, buildArgs = {} }: DockerfileOptions): Stage {
  const stages: Stage[] = [];
  const globalArgs: Record<string, string> = {};
  for (const instruction of all) {
    const stage = stages.at(-1);
    if (instruction.name === 'FROM') {
      if (stage !== undefined && target !== undefined && stage.name === target.toLowerCase()) return stage;
      stages.push(newStage(instruction, stages));
    } else if (stage === undefined) {
      if (instruction.name === 'ARG') setArgs(globalArgs, instruction, buildArgs, {});
    } else {
      apply(stage, instruction, buildArgs, globalArgs);
    }
  }
  const last = stages.at(-1);
  if (last === undefined) throw new Error('the Dockerfile has no FROM instruction');
  if (target !== undefined && last.name !== target.toLowerCase()) {
    throw new Error(`the Dockerfile has no stage "${target}", which the image asset asks for`);
  }
  return last;
}

function newStage({ line, rest }: Instruction, stages: readonly Stage[]): Stage {
  const [image, as, name] = rest.split(/\s+/).filter((word) => !word.startsWith('--'));
  if (image === undefined || (as !== undefined && as.toLowerCase() !== 'as')) {
    throw new Error(`line ${String(line)} of the Dockerfile is not a FROM instruction: FROM ${rest}`);
  }
  const base = stages.find((stage) => stage.name === image.toLowerCase());
  return {
    name: name?.toLowerCase(),
    entrypoint: base?.entrypoint ?? [],
    cmd: base?.cmd ?? [],
    cmdIsOwn: false,
    workdir: base?.workdir ?? '/',
    env: { ...base?.env },
    args: {},
  };
}

function apply(
  stage: Stage,
  instruction: Instruction,
  buildArgs: Readonly<Record<string, string>>,
  globalArgs: Readonly<Record<string, string>>,
): void {
  const variables = { ...stage.args, ...stage.env };
  switch (instruction.name) {
    case 'ARG':
      setArgs(stage.args, instruction, buildArgs, globalArgs);
      break;
    case 'ENV':
      Object.assign(stage.env, environment(instruction, variables));
      break;
    case 'WORKDIR': {
      const directory = substitute(unquote(instruction.rest), variables);
      stage.workdir = directory.startsWith('/') ? directory : `${stage.workdir.replace(/\/$/, '')}/${directory}`;
      break;
    }
    case 'CMD':
      stage.cmd = execForm(instruction);
      stage.cmdIsOwn = true;
      break;
    case 'ENTRYPOINT':
      stage.entrypoint = execForm(instruction);
      // A command inherited from another stage was written for another entry point; Docker drops it.
      if (!stage.cmdIsOwn) stage.cmd = [];
      break;
  }
}

function execForm({ line, name, rest }: Instruction): readonly string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(rest);
  } catch {
    parsed = undefined;
  }
  if (!Array.isArray(parsed) || !parsed.every((item) => typeof item === 'string')) {
    throw new Error(
      `${name} in line ${String(line)} of the Dockerfile is not in exec form: ${name} ${rest}; ` +
        `write it as a JSON list, such as ${name} ["node", "dist/main.js"]`,
    );
  }
  return parsed as string[];
}

function setArgs(
  into: Record<string, string>,
  { rest }: Instruction,
  given: Readonly<Record<string, string>>,
  inherited: Readonly<Record<string, string>>,
): void {
  for (const word of words(rest)) {
    const [, name = word, , fallback] = /^(\w+)(=([\s\S]*))?$/.exec(word) ?? [];
    const value = given[name] ?? fallback ?? inherited[name];
    if (value !== undefined) into[name] = substitute(value, into);
  }
}

function environment({ line, rest }: Instruction, variables: Readonly<Record<string, string>>): Record<string, string> {
  const pairs = words(rest).map((word) => /^([^=\s]+)=([\s\S]*)$/.exec(word));
  if (pairs[0] === null) {
    const [, name, value] = /^(\S+)\s+([\s\S]+)$/.exec(rest) ?? [];
    if (name === undefined || value === undefined) {
      throw new Error(`ENV in line ${String(line)} of the Dockerfile has no value: ENV ${rest}`);
    }
    return { [name]: substitute(value, variables) };
  }
  return Object.fromEntries(
    pairs.map((pair) => {
      if (pair === null) throw new Error(`ENV in line ${String(line)} of the Dockerfile has no value: ENV ${rest}`);
      return [pair[1] ?? '', substitute(pair[2] ?? '', variables)];
    }),
  );
}

/** `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+alternative}`, as Docker reads them. */
function substitute(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$(?:(\w+)|\{(\w+)(?::([-+])([^}]*))?\})/g,
    (_, plain?: string, braced?: string, operator?: string, word = '') => {
      const value = variables[plain ?? braced ?? ''] ?? '';
      if (operator === '-') return value === '' ? word : value;
      if (operator === '+') return value === '' ? '' : word;
      return value;
    },
  );
}

/** Splits at white space outside quotes; quotes and escapes are taken away. */
function words(text: string): string[] {
  return (text.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/g) ?? []).map(unquote);
}

function unquote(word: string): string {
  return word.replace(
    /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g,
    (_, double?: string, single?: string, escaped?: string) =>
      double?.replace(/\\(.)/g, '$1') ?? single ?? escaped ?? '',
  );
}

/** The instructions with comments, line continuations and here-documents taken out. */
function instructions(text: string): Instruction[] {
  const found: Instruction[] = [];
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    let statement = '';
    for (; index < lines.length; index++) {
      const current = lines[index]?.trim() ?? '';
      if (/^#\s*escape\s*=\s*[^\\\s]/i.test(current)) {
        throw new Error(`line ${String(line)} of the Dockerfile changes the escape character, which is not read here`);
      }
      if (current.startsWith('#') || (current === '' && statement !== '')) continue;
      statement += current.replace(/\\$/, ' ');
      if (!current.endsWith('\\')) break;
    }
    const [, name, rest] = /^([A-Za-z]+)\s+([\s\S]*?)\s*$/.exec(statement) ?? [];
    if (name === undefined || rest === undefined) continue;
    found.push({ line, name: name.toUpperCase(), rest });
    index = afterHereDocuments(lines, index, name, rest);
  }
  return found;
}

function afterHereDocuments(lines: readonly string[], last: number, name: string, rest: string): number {
  if (!/^(run|copy|add)$/i.test(name)) return last;
  let index = last;
  for (const [, , delimiter] of rest.matchAll(/(?:^|\s)\d*<<-?(["']?)(\w+)\1(?=[\s>|&;]|$)/g)) {
    do index++;
    while (index < lines.length && lines[index]?.trim() !== delimiter);
  }
  return index;
}
