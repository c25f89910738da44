import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_BODY_BYTES, MAX_TOOL_RESULT_CHARACTERS, MAX_WAITING_RUNS } from '../../agent-image/src/protocol';
import { REFUSALS, RUN_FAILURES } from '../../agent-image/src/protocol-errors';

const TEXT = readFileSync(join(__dirname, '..', '..', 'docs', 'agent-errors.md'), 'utf8');

/** The cells of the rows below a heading whose first cell is a code. */
function rows(heading: string): string[][] {
  const [section = ''] = (TEXT.split(`## ${heading}\n`)[1] ?? '').split('\n## ');
  return [...section.matchAll(/^\| (`[A-Z_]+` .*)\|$/gm)].map(([, row = '']) =>
    row.split('|').map((cell) => cell.trim().replace(/^`([A-Z_]+)`$/, '$1')),
  );
}

describe('docs/agent-errors.md', () => {
  it('has every refusal with its status and its cause', () => {
    const documented = rows('Refusals').map(([code, status, when]) => [code, Number(status), when]);
    expect(documented).toEqual(Object.entries(REFUSALS).map(([code, { status, when }]) => [code, status, when]));
  });

  it('has every failure of a run', () => {
    expect(rows('Failed runs').map(([code]) => code)).toEqual(Object.keys(RUN_FAILURES));
  });

  it.each(['Refusals', 'Failed runs'])('says for all %s what to do', (heading) => {
    for (const row of rows(heading)) {
      expect(row.at(-1)).toMatch(/^[A-Z`].{10,}[.)]$/);
      expect(new Set(row).size).toBe(row.length);
    }
  });

  it('has the limits of the code', () => {
    expect(TEXT).toContain(`the limit is ${MAX_BODY_BYTES / 1024 / 1024} MiB`);
    expect(TEXT).toContain(`${MAX_WAITING_RUNS} may wait`);
    expect(TEXT).toContain(`at most ${MAX_TOOL_RESULT_CHARACTERS.toLocaleString('en')} characters`);
  });
});
