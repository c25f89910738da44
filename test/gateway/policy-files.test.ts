import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayPolicy } from '../../lib/gateway/gateway-policy';
import { cedar } from './support/policed-gateway';

const NO_TOOLS = { callers: 'user', tools: [], openTargets: [] } as const;
const STOP = 'forbid (principal, action, resource);';

describe('policies in files', () => {
  let folder: string;
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const read = (policy: GatewayPolicy) => policy.write(NO_TOOLS).policies;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'policies-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test('are named by the file, where it has one', () => {
    const path = file('small-refunds.v2.cedar', `// why\n${STOP}`);
    const statement = expect.objectContaining({ text: STOP, line: 2 }) as unknown;
    expect(read(GatewayPolicy.fromFile(path))).toEqual([
      { name: 'small_refunds_v2', acceptFindings: false, statement, place: path },
    ]);
  });

  test('are named by their ids, each a policy of its own', () => {
    const path = file('refunds.cedar', `@id("first")\n${cedar('true')}\n\n@id("second") ${STOP}`);
    const policies = read(GatewayPolicy.fromFile(path));
    expect(policies.map(({ name, statement: { effect, line } }) => [name, effect, line])).toEqual([
      ['first', 'permit', 2],
      ['second', 'forbid', 9],
    ]);
  });

  test('have their description and accepted findings from annotations or options', () => {
    const annotated = file('a.cedar', `@description("Say \\"no\\"") @acceptFindings @owner("payments") ${STOP}`);
    expect(read(GatewayPolicy.fromFile(annotated))).toMatchObject([
      { name: 'a', description: 'Say "no"', acceptFindings: true, statement: { text: STOP } },
    ]);
    const bare = file('b.cedar', STOP);
    expect(read(GatewayPolicy.fromFile(bare, { description: 'Stop', acceptFindings: true }))).toMatchObject([
      { description: 'Stop', acceptFindings: true },
    ]);
  });

  test('are read from a folder in the order of the names', () => {
    file('b.cedar', STOP);
    file('a.cedar', STOP);
    file('README.md', 'no policy');
    file('.hidden.cedar', 'no policy');
    mkdirSync(join(folder, 'deeper'));
    expect(read(GatewayPolicy.fromFolder(folder)).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('are named in what is wrong with them', () => {
    file('a.cedar', `${STOP}\n${STOP}`);
    file('b.cedar', '');
    file('c.cedar', `${STOP}\nallow (principal, action, resource);`);
    expect(() => GatewayPolicy.fromFolder(folder)).toThrow(
      [
        'GatewayPolicy.fromFolder:',
        `  - ${join(folder, 'a.cedar')}: the policy in line 1 has no name; put @id("<name>") before it`,
        `  - ${join(folder, 'a.cedar')}: the policy in line 2 has no name; put @id("<name>") before it`,
        `  - ${join(folder, 'b.cedar')} has no policy in it; write one, or leave it out`,
        `  - ${join(folder, 'c.cedar')}: the statement in line 2 is not Cedar; write permit or forbid`,
      ].join('\n'),
    );
  });

  test.each([
    ['a file that does not exist', () => GatewayPolicy.fromFile(join(folder, 'no.cedar')), 'no.cedar" does not exist'],
    ['a file that is a folder', () => GatewayPolicy.fromFile(folder), 'is no file; give the path of a .cedar file'],
    ['a folder that does not exist', () => GatewayPolicy.fromFolder(join(folder, 'no')), 'no" does not exist; give'],
    ['a folder that is a file', () => GatewayPolicy.fromFolder(file('x.cedar', STOP)), 'does not exist; give'],
    ['a folder without policies', () => GatewayPolicy.fromFolder(folder), 'has no .cedar files; add one'],
  ])('cannot be read from %s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

test('several policies in a text cannot share one name', () => {
  expect(() => GatewayPolicy.fromCedar(`${STOP} ${STOP}`, { name: 'p' })).toThrow(
    'the text: the policy in line 1 has no name; put @id("<name>") before it',
  );
});
