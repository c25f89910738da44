import { RequestFault } from '../http-messages';
import type { InterpreterLimits } from './limits';
import type { KeeperReply, Sandbox } from './sandbox';
import type { ToolInput } from './tool-input';
import { errorResult, executionResult, filesResult, output, type ToolResult } from './tool-result';

/** Files of one call, in base64 and with what is around them. */
const FILES_BYTES = 140 * 1024 * 1024;

interface Task {
  readonly reply: Promise<KeeperReply>;
  /** Once it is over. */
  result?: ToolResult;
  isCanceled: boolean;
}

/** Does what callers ask for in one sandbox. */
export class SessionTools {
  private readonly tasks = new Map<string, Task>();

  constructor(
    private readonly sandbox: Sandbox,
    private readonly limits: InterpreterLimits,
  ) {}

  /**
   * @throws SandboxEnded when the sandbox is gone before it is done
   * @throws RequestFault 404 for a task that was not started here
   */
  public async invoke(input: ToolInput): Promise<ToolResult> {
    const { callSeconds: seconds, outputBytes: keep } = this.limits;
    switch (input.tool) {
      case 'executeCode': {
        const { code, clear } = input;
        const language = input.language === 'python' ? 'python' : 'javascript';
        const typescript = input.language === 'typescript';
        const { reply } = this.sandbox.request({ op: 'code', language, code, typescript, clear, seconds, keep });
        return executionResult(await reply, seconds);
      }
      case 'executeCommand': {
        const { reply } = this.sandbox.request({ op: 'run', argv: shell(input.command), seconds, keep });
        return executionResult(await reply, seconds);
      }
      case 'startCommandExecution':
        return this.startTask(input.command);
      case 'getTask':
        return this.taskState(input.taskId);
      case 'stopTask':
        return this.stopTask(input.taskId);
      case 'readFiles':
        return filesResult(await this.files({ op: 'read', paths: input.paths }), (done) =>
          done.map((resource) => ({ type: 'resource', resource })),
        );
      case 'writeFiles':
        return filesResult(await this.files({ op: 'write', content: input.content }), (done) => [
          { type: 'text', text: `wrote ${String(done.length)} file${done.length === 1 ? '' : 's'}` },
        ]);
      case 'listFiles':
        return filesResult(await this.files({ op: 'list', path: input.path }), ([entries]) =>
          (entries as readonly Record<string, unknown>[]).map((entry) => ({ type: 'resource_link', ...entry })),
        );
      case 'removeFiles':
        return filesResult(await this.files({ op: 'remove', paths: input.paths }), (done) => [
          { type: 'text', text: `removed ${String(done.length)} file${done.length === 1 ? '' : 's'}` },
        ]);
    }
  }

  private async files(request: object): Promise<KeeperReply> {
    const { callSeconds: seconds } = this.limits;
    const stdin = JSON.stringify(request);
    return this.sandbox.request({ op: 'files', stdin, seconds, keep: FILES_BYTES }).reply;
  }

  private startTask(command: string): ToolResult {
    const { id: taskId, reply } = this.sandbox.request({
      op: 'run',
      argv: shell(command),
      keep: this.limits.outputBytes,
    });
    const task: Task = { reply, isCanceled: false };
    this.tasks.set(taskId, task);
    reply.then(
      (end) => (task.result = executionResult(end, this.limits.callSeconds)),
      () => (task.result = errorResult('the session ended before the command')),
    );
    return {
      content: [{ type: 'text', text: `started as task ${taskId}` }],
      structuredContent: { taskId, taskStatus: 'submitted' },
      isError: false,
    };
  }

  private async taskState(taskId: string): Promise<ToolResult> {
    const task = this.task(taskId);
    if (task.result === undefined) {
      const seen = await this.sandbox.request({ op: 'look', of: taskId }).reply;
      if (seen.running === true) {
        const { stdout, stderr } = output(seen);
        return {
          content: [{ type: 'text', text: [stdout, stderr].filter((part) => part !== '').join('\n') }],
          structuredContent: { taskId, taskStatus: 'working', stdout, stderr },
          isError: false,
        };
      }
    }
    await task.reply;
    const { result = errorResult('the command ended') } = task;
    const taskStatus = task.isCanceled ? 'canceled' : result.isError ? 'failed' : 'completed';
    return { ...result, structuredContent: { ...result.structuredContent, taskId, taskStatus } };
  }

  private async stopTask(taskId: string): Promise<ToolResult> {
    const task = this.task(taskId);
    if (task.result === undefined) {
      task.isCanceled = true;
      await this.sandbox.request({ op: 'cancel', of: taskId }).reply;
      await task.reply;
    }
    return { ...(await this.taskState(taskId)), isError: false };
  }

  private task(taskId: string): Task {
    const task = this.tasks.get(taskId);
    if (task === undefined) {
      throw new RequestFault(404, 'ResourceNotFoundException', `there is no task "${taskId}" in this session`);
    }
    return task;
  }
}

function shell(command: string): string[] {
  return ['/bin/bash', '-c', command];
}
