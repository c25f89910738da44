import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RULES } from '../../lib/checks/rules';
import { L2_FINDINGS } from './support/l2-defaults';

/** The cells of the rows whose first cell names a rule. */
const ROWS = readFileSync(join(__dirname, '../../docs/checks.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| \[?AgentCore-/.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('\\', '')),
  );

describe('docs/checks.md', () => {
  it('lists every rule as it is, in order', () => {
    expect(ROWS.filter((cells) => cells.length === 4)).toEqual(
      RULES.map(({ id, level, title, remedy, documentation }) => [`[${id}](${documentation})`, level, title, remedy]),
    );
  });

  it('lists what is found in the L2s with their defaults', () => {
    const found = new Set(L2_FINDINGS.map(([id, construct]) => `${id} \`${construct}\``));
    expect(ROWS.filter((cells) => cells.length === 2).map((cells) => cells.join(' '))).toEqual([...found]);
  });
});
