import { laterPart, slope } from './trend';

describe('slope', () => {
  it.each([
    [[5, 5, 5, 5], 0],
    [[1, 3, 5, 7], 2],
    [[9, 6, 3], -3],
    [[0, 4, 0, 4, 0, 4, 0], 0],
    [[7], 0],
    [[], 0],
  ])('of %j is %d', (values, expected) => {
    expect(slope(values)).toBeCloseTo(expected);
  });
});

describe('laterPart', () => {
  it('leaves out the first third', () => {
    expect(laterPart([1, 2, 3, 4, 5, 6, 7])).toEqual([4, 5, 6, 7]);
  });
});
