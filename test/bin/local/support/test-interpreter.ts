import { readdirSync, readFileSync } from 'node:fs';
import type { InterpreterLimits } from '../../../../bin/local/interpreter/limits';
import { DEFAULT_LIMITS } from '../../../../bin/local/interpreter/limits';
import { Interpreters } from '../../../../bin/local/interpreter/interpreters';
import { readToolInput } from '../../../../bin/local/interpreter/tool-input';
import type { ToolResult } from '../../../../bin/local/interpreter/tool-result';

const ID = 'interpreter';

/** Process groups that the run would have to end if it died. */
export class WatchedGroups {
  public readonly groups = new Set<number>();

  public watch(group: number): void {
    this.groups.add(group);
  }

  public forget(group: number): void {
    this.groups.delete(group);
  }

  public close(): void {
    this.groups.clear();
  }
}

/** One session of an interpreter, with limits that a test reaches soon. */
export class TestInterpreter {
  public readonly reaper = new WatchedGroups();
  public readonly interpreters: Interpreters;
  private sessionId = '';

  constructor(limits: Partial<InterpreterLimits> = {}, options: { readonly unsandboxed?: boolean } = {}) {
    this.interpreters = new Interpreters({
      reaper: this.reaper,
      allowUnsandboxed: options.unsandboxed === true,
      limits: { ...DEFAULT_LIMITS, callSeconds: 20, ...limits },
      ...(options.unsandboxed === true ? { bwrap: undefined } : {}),
    });
  }

  public async start(seconds = 900): Promise<this> {
    this.sessionId = (await this.interpreters.start(ID, seconds)).id;
    return this;
  }

  public async invoke(name: string, args: object): Promise<ToolResult> {
    const input = readToolInput(Buffer.from(JSON.stringify({ name, arguments: args })));
    return this.interpreters.tools(ID, this.sessionId).tools.invoke(input);
  }

  public async python(code: string, rest: object = {}): Promise<Ran> {
    return ran(await this.invoke('executeCode', { code, language: 'python', ...rest }));
  }

  public async javascript(code: string, language = 'javascript'): Promise<Ran> {
    return ran(await this.invoke('executeCode', { code, language }));
  }

  public async command(command: string): Promise<Ran> {
    return ran(await this.invoke('executeCommand', { command }));
  }

  public status(): string {
    return this.interpreters.get(ID, this.sessionId).status;
  }

  public async stop(): Promise<void> {
    await this.interpreters.stopAll();
  }
}

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  readonly isError: boolean;
  readonly images: readonly string[];
}

function ran({ content, structuredContent = {}, isError }: ToolResult): Ran {
  const { stdout = '', stderr = '', exitCode = -1 } = structuredContent;
  const text = content.find(({ type }) => type === 'text')?.text;
  return {
    stdout,
    stderr: exitCode === -1 ? String(text) : stderr,
    exitCode,
    isError,
    images: content.filter(({ type }) => type === 'image').map(({ data }) => String(data)),
  };
}

/** How many processes of this machine, sandboxes included, have `text` in their command line. */
export function processesWith(text: string): number {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    }).length;
}
