import { z } from 'zod';
import { codeField, fileTextField, filesField, pathField, targetField, taskField } from './input-fields.ts';
import type { InterpreterSession } from './interpreter-session.ts';
import { type InterpreterTool, interpreterTool } from './interpreter-tool.ts';
import { replyOf } from './result-content.ts';

/** The operations of the interpreter, as tools: one call of a tool is one call of the interpreter. */
export function runTools(session: Pick<InterpreterSession, 'call'>): readonly InterpreterTool[] {
  return [...executionTools(session), ...taskTools(session), ...fileTools(session)];
}

function executionTools(session: Pick<InterpreterSession, 'call'>): InterpreterTool[] {
  return [
    interpreterTool({
      name: 'execute_code',
      description:
        'Runs code in the sandbox of the code interpreter and returns what it prints and the figures it draws. Python keeps its variables between calls.',
      input: {
        code: codeField('The program'),
        language: z.enum(['python', 'javascript', 'typescript']).default('python'),
        clear_context: z.boolean().optional().describe('Whether the variables of calls before are dropped first'),
      },
      readOnly: false,
      run: async ({ code, language, clear_context }, signal) => {
        const args = { code, language, ...(clear_context !== undefined && { clearContext: clear_context }) };
        return replyOf(await session.call('executeCode', args, signal));
      },
    }),
    interpreterTool({
      name: 'execute_command',
      description: 'Runs a shell command in the sandbox of the code interpreter and waits for its end.',
      input: { command: codeField('The command') },
      readOnly: false,
      run: async ({ command }, signal) => replyOf(await session.call('executeCommand', { command }, signal)),
    }),
  ];
}

function taskTools(session: Pick<InterpreterSession, 'call'>): InterpreterTool[] {
  return [
    interpreterTool({
      name: 'start_command',
      description:
        'Starts a shell command in the sandbox of the code interpreter and returns its task_id at once. For what takes minutes; get_task tells how it goes on.',
      input: { command: codeField('The command') },
      readOnly: false,
      run: async ({ command }, signal) => replyOf(await session.call('startCommandExecution', { command }, signal)),
    }),
    interpreterTool({
      name: 'get_task',
      description: 'Returns the status and the output of a command that start_command started.',
      input: { task_id: taskField() },
      readOnly: true,
      run: async ({ task_id }, signal) => replyOf(await session.call('getTask', { taskId: task_id }, signal)),
    }),
    interpreterTool({
      name: 'stop_task',
      description: 'Ends a command that start_command started.',
      input: { task_id: taskField() },
      readOnly: false,
      run: async ({ task_id }, signal) => replyOf(await session.call('stopTask', { taskId: task_id }, signal)),
    }),
  ];
}

function fileTools(session: Pick<InterpreterSession, 'call'>): InterpreterTool[] {
  return [
    interpreterTool({
      name: 'write_files',
      description: 'Writes text files in the sandbox of the code interpreter. These are not files of the workspace.',
      input: {
        files: filesField(
          z.object({
            path: targetField('Where, relative to the working directory'),
            content: fileTextField('All of it'),
          }),
          'The files',
        ),
      },
      readOnly: false,
      run: async ({ files }, signal) => {
        const content = files.map(({ path, content: text }) => ({ path, text }));
        return replyOf(await session.call('writeFiles', { content }, signal));
      },
    }),
    interpreterTool({
      name: 'read_files',
      description: 'Returns files of the sandbox of the code interpreter: text, and images as images.',
      input: { paths: filesField(pathField('Relative to the working directory'), 'Which files') },
      readOnly: true,
      run: async ({ paths }, signal) => replyOf(await session.call('readFiles', { paths }, signal)),
    }),
    interpreterTool({
      name: 'list_files',
      description: 'Lists a directory of the sandbox of the code interpreter.',
      input: { directory: pathField('Relative to the working directory, which is the default').optional() },
      readOnly: true,
      run: async ({ directory = '.' }, signal) =>
        // The API has both fields, and says of neither that this operation reads it.
        replyOf(await session.call('listFiles', { directoryPath: directory, path: directory }, signal)),
    }),
    interpreterTool({
      name: 'remove_files',
      description: 'Removes files in the sandbox of the code interpreter.',
      input: { paths: filesField(targetField('Relative to the working directory'), 'Which files') },
      readOnly: false,
      run: async ({ paths }, signal) => replyOf(await session.call('removeFiles', { paths }, signal)),
    }),
  ];
}
