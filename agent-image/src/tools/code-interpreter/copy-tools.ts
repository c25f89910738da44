import type { ContentBlock } from '@aws-sdk/client-bedrock-agentcore';
import { z } from 'zod';
import { ToolRefused } from '../../permissions/tool-call.ts';
import { filesField, pathField, targetField } from './input-fields.ts';
import { InterpreterFault } from './interpreter-fault.ts';
import type { InterpreterAnswer, InterpreterSession } from './interpreter-session.ts';
import { type InterpreterTool, interpreterTool } from './interpreter-tool.ts';
import { RENEWED, replyOf, textReply, type ToolReply } from './result-content.ts';
import { readWorkspaceFile, writeWorkspaceFile } from './workspace-files.ts';

/** What became of one file. */
interface Copy {
  readonly line: string;
  readonly copied: boolean;
  readonly renewed: boolean;
}

/**
 * The tools that move files between the workspace and the interpreter, which share no disk. A call of the interpreter for
 * each file, so that no more than one is held in memory, and one that fails keeps no other from being copied.
 *
 * @param workspace absolute path of the workspace
 */
export function copyTools(session: Pick<InterpreterSession, 'call'>, workspace: string): readonly InterpreterTool[] {
  return [
    interpreterTool({
      name: 'copy_to_interpreter',
      description: 'Copies files of the workspace into the sandbox of the code interpreter.',
      input: {
        files: filesField(
          z.object({
            workspace_path: z.string().describe('In the workspace'),
            interpreter_path: targetField('In the interpreter; the same path when left out').optional(),
          }),
          'The files',
        ),
      },
      readOnly: false,
      run: ({ files }, signal) =>
        copyAll(files, signal, async ({ workspace_path, interpreter_path }) => {
          const { path, bytes } = await readWorkspaceFile(workspace, workspace_path);
          const target = interpreter_path ?? path;
          const answer = await session.call('writeFiles', { content: [{ path: target, blob: bytes }] }, signal);
          return copyOf(answer, workspace_path, () => Promise.resolve({ target, size: bytes.byteLength }));
        }),
    }),
    interpreterTool({
      name: 'copy_from_interpreter',
      description: 'Copies files of the sandbox of the code interpreter into the workspace, where they are kept.',
      input: {
        files: filesField(
          z.object({
            interpreter_path: pathField('In the interpreter'),
            workspace_path: z.string().optional().describe('In the workspace; the same path when left out'),
          }),
          'The files',
        ),
      },
      readOnly: false,
      run: ({ files }, signal) =>
        copyAll(files, signal, async ({ interpreter_path, workspace_path = interpreter_path }) => {
          const answer = await session.call('readFiles', { paths: [interpreter_path] }, signal);
          return copyOf(answer, interpreter_path, async () => {
            const bytes = fileIn(answer.result.content, interpreter_path);
            return { target: await writeWorkspaceFile(workspace, workspace_path, bytes), size: bytes.byteLength };
          });
        }),
    }),
  ];
}

/** @throws InterpreterFault when not one file was tried: all others would fail in the same way */
async function copyAll<File>(
  files: readonly File[],
  signal: AbortSignal,
  copy: (file: File) => Promise<Copy>,
): Promise<ToolReply> {
  const copies: Copy[] = [];
  for (const file of files) {
    try {
      copies.push(await copy(file));
    } catch (error) {
      if (!(error instanceof ToolRefused || (error instanceof InterpreterFault && copies.length > 0))) throw error;
      copies.push({ line: error.message, copied: false, renewed: false });
      if (signal.aborted) break;
    }
  }
  const failed = copies.length < files.length || copies.some(({ copied }) => !copied);
  // Before the file with which it was found out: what was copied earlier is gone.
  const lines = copies.flatMap(({ line, renewed }) => (renewed ? [RENEWED, line] : [line]));
  return textReply(lines.join('\n'), failed);
}

async function copyOf(
  { result, renewed }: InterpreterAnswer,
  from: string,
  finish: () => Promise<{ readonly target: string; readonly size: number }>,
): Promise<Copy> {
  if (result.isError) {
    const [told] = replyOf({ result, renewed: false }).content;
    const reason = told?.type === 'text' ? told.text : '';
    return { line: `${JSON.stringify(from)} was not copied: ${reason}`, copied: false, renewed };
  }
  try {
    const { target, size } = await finish();
    const line = `${JSON.stringify(from)} was copied to ${JSON.stringify(target)}: ${size} bytes.`;
    return { line, copied: true, renewed };
  } catch (error) {
    if (!(error instanceof ToolRefused)) throw error;
    return { line: error.message, copied: false, renewed };
  }
}

/** @throws ToolRefused when the interpreter sent no file */
function fileIn(content: readonly ContentBlock[], path: string): Uint8Array {
  for (const { data, resource } of content) {
    const bytes = resource?.blob ?? data;
    if (bytes) return bytes;
    if (resource?.text !== undefined) return Buffer.from(resource.text, 'utf8');
  }
  throw new ToolRefused(`${JSON.stringify(path)} was not copied: the interpreter sent no file.`);
}
