import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RULES } from '../../lib/checks/rules';
import { AGENTCORE_CDK_FINDINGS } from './support/agentcore-cdk-findings';
import { L2_FINDINGS } from './support/l2-defaults';

const DOCUMENT = readFileSync(join(__dirname, '../../docs/checks.md'), 'utf8');

describe('docs/checks.md', () => {
  it('lists every rule as it is, in order', () => {
    expect(rowsOf(DOCUMENT).filter((cells) => cells.length === 4)).toEqual(
      RULES.map(({ id, level, title, remedy, documentation }) => [`[${id}](${documentation})`, level, title, remedy]),
    );
  });

  it('lists what is found in the L2s with their defaults', () => {
    const found = new Set(L2_FINDINGS.map(([id, construct]) => `${id} \`${construct}\``));
    expect(pairsUnder('## What it finds in the L2s with their defaults')).toEqual([...found]);
  });

  it('lists what is found in a template of @aws/agentcore-cdk', () => {
    const found = AGENTCORE_CDK_FINDINGS.map(([id, logicalId]) => `\`${id}\` \`${logicalId}\``);
    expect(pairsUnder('## What it finds in @aws/agentcore-cdk')).toEqual(found);
  });
});

/** The rows of two cells under a heading. */
function pairsUnder(heading: string): string[] {
  const section = DOCUMENT.split(/^(?=## )/m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return rowsOf(section)
    .filter((cells) => cells.length === 2)
    .map((cells) => cells.join(' '));
}

/** The cells of the rows whose first cell names a rule. */
function rowsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => /^\| [[`]?AgentCore-/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('\\', '')),
    );
}
