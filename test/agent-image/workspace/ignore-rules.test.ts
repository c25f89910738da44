import { readIgnoreRules } from '../../../agent-image/src/workspace/ignore-rules';

test.each([
  ['*.log', 'a.log', true],
  ['*.log', 'deep/in/a.log', true],
  ['*.log', 'a.log.txt', false],
  ['/a', 'a', true],
  ['/a', 'b/a', false],
  ['a/b', 'a/b', true],
  ['a/b', 'x/a/b', false],
  ['**/a/b', 'x/y/a/b', true],
  ['**/a/b', 'a/b', true],
  ['a/**/z', 'a/z', true],
  ['a/**/z', 'a/b/c/z', true],
  ['a/**', 'a/b/c', true],
  ['a/**', 'a', false],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['a*c*e', 'abcde', true],
  ['a*c*e', 'abcd', false],
  ['*', 'anything', true],
  ['a.c', 'abc', false],
  ['[ab]', 'a', false],
  ['[ab]', '[ab]', true],
  ['# a', '# a', false],
  ['!a', 'a', false],
  ['*\n!a', 'a', false],
  ['!a\n*', 'a', true],
  ['  a  \r', 'a', true],
])('%j says of %j whether it is left out: %s', (rules, path, ignored) => {
  expect(readIgnoreRules(rules)(path, false)).toBe(ignored);
});

test('a slash at the end speaks of directories only', () => {
  const ignores = readIgnoreRules('build/');
  expect([ignores('build', true), ignores('build', false), ignores('x/build', true)]).toEqual([true, false, true]);
});

test('what is in a directory that is left out is left out, whatever else speaks for it', () => {
  const ignores = readIgnoreRules('build/\n!keep\n');
  expect([ignores('build/keep', false), ignores('a/build/b/keep', false), ignores('a/build/b', true)]).toEqual([
    true,
    true,
    true,
  ]);
  expect([ignores('keep', false), ignores('a/b', true), ignores('build', false)]).toEqual([false, false, false]);
});

test('rules that were made to take long are answered', () => {
  const ignores = readIgnoreRules(`${'*a'.repeat(200)}b\n${'**/'.repeat(150)}b`);
  expect(ignores('a'.repeat(255), false)).toBe(false);
  expect(ignores(`${'a/'.repeat(1_000)}a`, false)).toBe(false);
});
