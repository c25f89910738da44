import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiRoute } from '../../../lib/handlers/api/environment';
import { FAILURES } from '../../../lib/handlers/api/failure';

const page = readFileSync(join(__dirname, '../../../docs/agent-api.md'), 'utf8');
const section = (title: string): string => page.split(/^## /m).find((text) => text.startsWith(title)) ?? '';
const rows = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

describe('docs/agent-api.md', () => {
  test('lists every route, and no other', () => {
    expect(rows(section('Routes')).map(([route]) => route)).toEqual(
      Object.values(ApiRoute).map((route) => `\`${route}\``),
    );
  });

  test('lists every code with its status and meaning, and no other', () => {
    expect(rows(section('Errors'))).toEqual(
      Object.entries(FAILURES).map(([code, { status, when }]) => [`\`${code}\``, String(status), when]),
    );
  });
});
