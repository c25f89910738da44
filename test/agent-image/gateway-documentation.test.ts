import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONNECTION_FAILURES } from '../../agent-image/src/connections/connection-fault';
import { TOOL_CALL_MS } from '../../agent-image/src/tools/bounded-call';
import { MAX_RESULT_CHARACTERS, MAX_RESULT_IMAGES } from '../../agent-image/src/tools/code-interpreter/result-content';
import { GATEWAY_FAILURES } from '../../agent-image/src/tools/gateway/gateway-fault';
import {
  MAX_FOUND_TOOLS,
  MAX_OFFERED_TOOLS,
  SEARCH_FROM_TOOLS,
} from '../../agent-image/src/tools/gateway/tool-catalogue';
import { MAX_TOOL_NAME } from '../../agent-image/src/tools/gateway/tool-names';
import { MAX_CLONE_BYTES, MAX_CLONE_FILES } from '../../agent-image/src/tools/github/clone';
import { GITHUB_FAILURES } from '../../agent-image/src/tools/github/github-fault';

const TEXT = readFileSync(join(__dirname, '..', '..', 'docs', 'agent-gateway.md'), 'utf8');

/** First cells of the table below a heading. */
function codes(heading: string): string[] {
  const [section = ''] = (TEXT.split(`## ${heading}\n`)[1] ?? '').split('\n## ');
  return [...section.matchAll(/^\| `([A-Z_]+)` *\|/gm)].map(([, code = '']) => code);
}

describe('docs/agent-gateway.md', () => {
  test.each([
    ['Gateways', GATEWAY_FAILURES],
    ['Accounts that a user links', CONNECTION_FAILURES],
    ['GitHub', GITHUB_FAILURES],
  ])('has every code of %s', (heading, failures) => {
    expect(codes(heading)).toEqual(Object.keys(failures));
  });

  test('has the limits of the code', () => {
    const number = (value: number): string => value.toLocaleString('en');
    expect(TEXT).toContain(`More than ${SEARCH_FROM_TOOLS} tools`);
    expect(TEXT).toContain(`the last ${MAX_FOUND_TOOLS} stay`);
    expect(TEXT).toContain(`the first ${MAX_OFFERED_TOOLS} are offered`);
    expect(TEXT).toContain(`over ${MAX_TOOL_NAME} characters`);
    expect(TEXT).toContain(`up to ${number(MAX_RESULT_CHARACTERS)} characters and ${MAX_RESULT_IMAGES} images`);
    expect(TEXT).toContain(`may take ${TOOL_CALL_MS / 1_000} seconds`);
    expect(TEXT).toContain(`${MAX_CLONE_BYTES / 1024 ** 3} GiB for what is fetched`);
    expect(TEXT).toContain(`${number(MAX_CLONE_FILES)} files`);
  });
});
