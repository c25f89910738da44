import type { KeeperReply } from './sandbox';

/** An answer of InvokeCodeInterpreter, as it goes over the wire. */
export interface ToolResult {
  readonly content: readonly ContentBlock[];
  readonly structuredContent?: {
    readonly taskId?: string;
    readonly taskStatus?: 'submitted' | 'working' | 'completed' | 'canceled' | 'failed';
    readonly stdout?: string;
    readonly stderr?: string;
    readonly exitCode?: number;
    /** Seconds. */
    readonly executionTime?: number;
  };
  readonly isError: boolean;
}

type ContentBlock = Readonly<Record<string, unknown>> & { readonly type: string };

/** Why the keeper ended something, as its author is told. */
const REASONS: Readonly<Record<string, (seconds: number) => string>> = {
  time: (seconds) => `ended after ${String(seconds)} s, the time limit of one call`,
  memory: () => 'ended because everything in the session together used more memory than it may',
  machine: () => 'ended because this machine has too little memory left',
  canceled: () => 'ended as asked',
};

/** The result of code or of a command, from the keeper's reply. */
export function executionResult(reply: KeeperReply, callSeconds: number): ToolResult {
  const { failure, exitCode, elapsed, images } = reply;
  if (typeof failure === 'string') return errorResult(failure);
  const { stdout, stderr, notes } = output(reply);
  const how = REASONS[String(reply.reason)]?.(callSeconds);
  const code = typeof exitCode === 'number' ? exitCode : 1;
  const all = [
    ...notes,
    ...(how === undefined ? [] : [how]),
    ...(reply.ended === true
      ? [`the interpreter ended (${String(code)}); the next call starts a new one, without the variables of this one`]
      : []),
  ].map((note) => `[${note}]`);
  const errors = [stderr.trimEnd(), ...all].filter((line) => line !== '').join('\n');
  const isError = code !== 0 || reply.ended === true;
  const text = [stdout.trimEnd(), errors].filter((part) => part !== '').join('\n');
  return {
    content: [
      { type: 'text', text },
      ...(Array.isArray(images) ? images : []).map((data) => ({
        type: 'image',
        mimeType: 'image/png',
        data: String(data),
      })),
    ],
    structuredContent: {
      stdout,
      stderr: errors,
      exitCode: code,
      executionTime: typeof elapsed === 'number' ? Math.round(elapsed * 1000) / 1000 : 0,
    },
    isError,
  };
}

/** What a process has written so far, or at its end. */
export function output({ stdout, stderr, cut }: KeeperReply): {
  readonly stdout: string;
  readonly stderr: string;
  readonly notes: readonly string[];
} {
  return {
    stdout: typeof stdout === 'string' ? stdout : '',
    stderr: typeof stderr === 'string' ? stderr : '',
    notes: cut === true ? ['the output was longer; only its beginning is kept'] : [],
  };
}

export function errorResult(text: string): ToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}

/** What the program for files did, and what it could not do. */
interface FilesAnswer {
  readonly done: readonly unknown[];
  readonly failed: readonly string[];
}

/** The result of work on files: what could be done, and a sentence for what could not. */
export function filesResult(
  reply: KeeperReply,
  contentOf: (done: readonly unknown[]) => readonly ContentBlock[],
): ToolResult {
  const answer = readFilesAnswer(reply);
  if (answer === undefined) {
    const { failure } = reply;
    return errorResult(
      typeof failure === 'string'
        ? failure
        : `the files could not be reached: ${output(reply).stderr.trimEnd().split('\n').at(-1) ?? ''}`,
    );
  }
  const { done, failed } = answer;
  return {
    content: [...(done.length > 0 ? contentOf(done) : []), ...failed.map((text) => ({ type: 'text', text }))],
    isError: failed.length > 0,
  };
}

function readFilesAnswer(reply: KeeperReply): FilesAnswer | undefined {
  try {
    const { done, failed } = JSON.parse(String(reply.stdout)) as Partial<FilesAnswer>;
    return Array.isArray(done) && Array.isArray(failed) ? { done, failed } : undefined;
  } catch {
    return undefined;
  }
}
