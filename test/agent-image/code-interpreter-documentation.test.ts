import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOOL_CALL_MS } from '../../agent-image/src/tools/code-interpreter/call-tool';
import { copyTools } from '../../agent-image/src/tools/code-interpreter/copy-tools';
import { MAX_IMAGE_BYTES } from '../../agent-image/src/tools/code-interpreter/image-content';
import { MAX_CODE_CHARACTERS, MAX_FILES } from '../../agent-image/src/tools/code-interpreter/input-fields';
import { INTERPRETER_FAILURES } from '../../agent-image/src/tools/code-interpreter/interpreter-fault';
import { MAX_RESULT_CHARACTERS, MAX_RESULT_IMAGES } from '../../agent-image/src/tools/code-interpreter/result-content';
import { runTools } from '../../agent-image/src/tools/code-interpreter/run-tools';
import { MAX_COPY_BYTES } from '../../agent-image/src/tools/code-interpreter/workspace-files';
import { DEFAULT_LIMITS } from '../../bin/local/interpreter/limits';

const TEXT = readFileSync(join(__dirname, '..', '..', 'docs', 'code-interpreter.md'), 'utf8');

/** First cells of the table below a heading. */
function firstCells(heading: string): string[] {
  const [section = ''] = (TEXT.split(`## ${heading}\n`)[1] ?? '').split('\n## ');
  return [...section.matchAll(/^\| (`[^|]*`) *\|/gm)].flatMap(([, cell = '']) => cell.replaceAll('`', '').split(', '));
}

describe('docs/code-interpreter.md', () => {
  it('has every tool', () => {
    const call = (): never => {
      throw new Error('no tool is called here');
    };
    const names = [...runTools({ call }), ...copyTools({ call }, '/workspace')].map(({ name }) => name);
    expect(firstCells('Tools').sort()).toEqual(names.sort());
  });

  it('has every code', () => {
    expect(firstCells('When something fails').filter((cell) => cell !== 'code')).toEqual(
      Object.keys(INTERPRETER_FAILURES),
    );
  });

  it('has the limits of the code', () => {
    const number = (value: number): string => value.toLocaleString('en');
    expect(TEXT).toContain(`${TOOL_CALL_MS / 1_000} seconds;`);
    expect(TEXT).toContain(`${number(MAX_CODE_CHARACTERS)} characters`);
    expect(TEXT).toContain(`${number(MAX_COPY_BYTES)} bytes`);
    expect(TEXT).toContain(`${number(MAX_RESULT_CHARACTERS)} characters; of more`);
    expect(TEXT).toContain(`${MAX_RESULT_IMAGES}, each up to ${number(MAX_IMAGE_BYTES)} bytes`);
    expect(TEXT.match(/up to 20 in a call/g)).toHaveLength(3);
    expect(MAX_FILES).toBe(20);
  });

  it('has the limits of the local run', () => {
    const { memoryBytes, diskBytes, processes, callSeconds, reserveBytes } = DEFAULT_LIMITS;
    const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toLocaleString('en')} MiB`;
    expect(TEXT).toContain(
      `a session has ${mebibytes(memoryBytes)} of memory for all its processes, ${mebibytes(diskBytes)} for files, ` +
        `${processes} processes, and ${callSeconds} seconds a call; it is ended when this machine has less than ${mebibytes(reserveBytes)} left`,
    );
  });
});
