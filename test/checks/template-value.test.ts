import {
  at,
  fields,
  gapAtEnd,
  isUnknown,
  items,
  knownPart,
  literal,
  number,
  printed,
  references,
  text,
  UNKNOWN,
} from '../../lib/checks/template-value';

describe('the text of a value', () => {
  it.each<readonly [value: unknown, expected: string | undefined]>([
    ['text', 'text'],
    [7, '7'],
    [false, 'false'],
    [undefined, undefined],
    [{ Key: 'x' }, undefined],
    [['x'], undefined],
    [{ Ref: 'AWS::Region' }, '<AWS::Region>'],
    [{ 'Fn::GetAtt': ['Role', 'Arn'] }, '<Role.Arn>'],
    [{ 'Fn::GetAtt': 'Role.Arn' }, '<Role.Arn>'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'B' }, 'c']] }, 'a-<B>-c'],
    [{ 'Fn::Join': ['', { Ref: 'List' }] }, '<Fn::Join>'],
    [{ 'Fn::Sub': 'a${B}c${D.Arn}' }, 'a<B>c<D.Arn>'],
    [{ 'Fn::Sub': ['${A}-${B}', { A: 'x' }] }, 'x-<B>'],
    [{ 'Fn::Sub': '${!aws:PrincipalTag/user}' }, '${aws:PrincipalTag/user}'],
    [{ 'Fn::If': ['Condition', 'a', 'b'] }, '<Fn::If>'],
  ])('of %j is %s', (value, expected) => {
    const rendered = text(value);
    expect(rendered === undefined ? undefined : printed(rendered)).toBe(expected);
  });

  it('is literal only where nothing is missing', () => {
    expect(literal({ 'Fn::Join': ['', ['a', 'b']] })).toBe('ab');
    expect(literal({ 'Fn::Join': ['', ['a', { Ref: 'B' }]] })).toBeUndefined();
    expect(literal('a <b> c')).toBe('a <b> c');
  });

  it('is split at colons outside of what is not known', () => {
    const arn = text({ 'Fn::Sub': 'arn:${AWS::Partition}:s3:::${Bucket.Arn}' }) ?? '';
    expect(fields(arn).map(printed)).toEqual(['arn', '<AWS::Partition>', 's3', '', '', '<Bucket.Arn>']);
    expect(gapAtEnd(arn)).toBe('Bucket.Arn');
    expect(knownPart(arn)).toBe('arn::s3:::');
  });

  it('is a number only where it is one', () => {
    expect(['15', 15, '1.5', '-1', '', 'x', { Ref: 'Number' }].map(number)).toEqual([
      15,
      15,
      1.5,
      -1,
      ...Array<undefined>(3),
    ]);
  });
});

describe('a property', () => {
  const properties = {
    A: { B: 'x' },
    Late: { 'Fn::If': ['C', {}, {}] },
    None: { Ref: 'AWS::NoValue' },
    List: ['x', { Ref: 'AWS::NoValue' }],
  };

  it('is found at its path', () => {
    expect([at(properties, 'A', 'B'), at(properties, 'A', 'C'), at(properties, 'A', 'B', 'C')]).toEqual([
      'x',
      undefined,
      undefined,
    ]);
  });

  it('that is set to nothing is not set', () => {
    expect([at(properties, 'None'), at(properties, 'None', 'B')]).toEqual([undefined, undefined]);
    expect(items(at(properties, 'List'))).toEqual(['x']);
  });

  it('inside something that only the deployment knows is unknown', () => {
    expect(at(properties, 'Late', 'B')).toBe(UNKNOWN);
    expect(at(UNKNOWN, 'B')).toBe(UNKNOWN);
    expect([at(properties, 'Late'), UNKNOWN, 'x', undefined].map(isUnknown)).toEqual([true, true, false, false]);
  });
});

describe('the references in a value', () => {
  it.each<readonly [value: unknown, expected: readonly unknown[]]>([
    ['text', []],
    [{ Ref: 'A' }, [{ Ref: 'A' }]],
    [{ 'Fn::Join': ['', ['x', { 'Fn::GetAtt': ['A', 'Arn'] }]] }, [{ 'Fn::GetAtt': ['A', 'Arn'] }]],
    [
      [{ a: { 'Fn::ImportValue': 'A' } }, { Ref: 'B' }],
      [{ 'Fn::ImportValue': 'A' }, { Ref: 'B' }],
    ],
    [{ 'Fn::Sub': '${A}/${B.Arn}/${!C}' }, [{ Ref: 'A' }, { 'Fn::GetAtt': 'B.Arn' }]],
    [{ 'Fn::Sub': ['${A}/${B}', { A: { Ref: 'C' } }] }, [{ Ref: 'B' }, { Ref: 'C' }]],
    [{ 'Fn::Sub': null }, []],
  ])('of %j are %j', (value, expected) => {
    expect(references(value)).toEqual(expected);
  });
});
