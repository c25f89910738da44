import * as fc from 'fast-check';
import { readCedar } from '../../lib/gateway/cedar-statement';
import { cedarTokens, quoted, unquoted } from '../../lib/gateway/cedar-tokens';

const only = (text: string) => {
  const { statements, findings } = readCedar(text);
  expect(findings).toEqual([]);
  expect(statements).toHaveLength(1);
  return statements[0];
};

describe('readCedar', () => {
  test('finds what each part of the scope names', () => {
    const statement = only(`permit (
      principal in [A::User::"a", A::User::"b"],
      action in [A::Action::"x", A::Action::"y"],
      resource is A::Gateway in A::Group::"g"
    ) unless { principal == A::User::"c" };`);
    expect(statement).toMatchObject({
      effect: 'permit',
      conditional: true,
      principal: [
        { type: 'A::User', id: 'a' },
        { type: 'A::User', id: 'b' },
      ],
      action: [
        { type: 'A::Action', id: 'x' },
        { type: 'A::Action', id: 'y' },
      ],
      resource: [{ type: 'A::Gateway' }, { type: 'A::Group', id: 'g' }],
    });
    expect(statement?.references).toHaveLength(7);
  });

  test('is not led astray by what stands in texts and comments', () => {
    const statement = only(`// permit (principal, action, resource);
      forbid (principal, action, resource) // ; when
      when { "; } when // \\" ::" == "A::Action::\\"x\\"" };`);
    expect(statement?.references).toEqual([]);
    expect(statement?.text.startsWith('forbid')).toBe(true);
    expect(statement?.text.endsWith('};')).toBe(true);
  });

  test('sees no condition where there is none', () => {
    expect(only('permit (principal, action, resource);')?.conditional).toBe(false);
  });

  test('takes a comma after the last part', () => {
    expect(only('permit (principal, action, resource,);')?.effect).toBe('permit');
  });

  test.each([
    ['no semicolon', 'permit (principal, action, resource)', 'line 1'],
    ['another effect', '\nallow (principal, action, resource);', 'line 2'],
    ['another order', 'permit (action, principal, resource);', 'line 1'],
    ['a part too few', 'permit (principal, action);', 'line 1'],
    ['a part too many', 'permit (principal, action, resource, context);', 'line 1'],
    ['no parentheses', 'permit;', 'line 1'],
    ['an open parenthesis', 'permit (principal, action, resource;', 'line 1'],
    ['an open quote', 'permit (principal, action, resource)\nwhen { "a };', 'line 2 has "\\""'],
    ['a sign of no language', 'permit (principal, action, resource) §;', 'line 1 has "§"'],
  ])('refuses %s and names the line', (_, text, message) => {
    const { statements, findings } = readCedar(text);
    expect(statements).toEqual([]);
    expect(findings).toEqual([expect.stringContaining(message)]);
  });

  // Whoever tries each way to divide white space and comments never comes to an end here.
  test.each([
    ['blanks', ' '.repeat(50_000), 'line 1 has "#"'],
    ['empty lines', '\n'.repeat(50_000), 'line 50001 has "#"'],
    ['comments', '// why\n'.repeat(10_000), 'line 10001 has "#"'],
    ['empty comments', '//\n \n'.repeat(10_000), 'line 20001 has "#"'],
  ])('refuses a stray sign after many %s', (_, blank, message) => {
    expect(readCedar(`${blank}# why`).findings).toEqual([expect.stringContaining(message)]);
  });

  test('takes a comment without a line after it', () => {
    expect(only('permit (principal, action, resource); // the end')?.text).toBe(
      'permit (principal, action, resource);',
    );
  });

  test('reads whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const { statements, findings } = readCedar(text);
        expect(statements.length === 0 || findings.length === 0).toBe(true);
      }),
    );
  });
});

describe('texts of Cedar', () => {
  test('hold any value, as a single token', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const tokens = cedarTokens(quoted(value));
        expect(tokens).toHaveLength(1);
        expect(Array.isArray(tokens) ? tokens.map(unquoted) : []).toEqual([value]);
      }),
    );
  });

  test('have escapes for every character', () => {
    const tokens = cedarTokens(String.raw`"\u{41}\n\t\r\0\'\"\\\u{1F600}"`);
    expect(Array.isArray(tokens) ? tokens.map(unquoted) : []).toEqual([`A\n\t\r\0'"\\😀`]);
  });
});
